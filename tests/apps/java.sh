# A JVM: -version, and a program that is compiled and run, with threads.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need java

still='' apart=100 # its threads run on
also_written=(-name 'hsperfdata*')
same "java -version" java 2000 java -XX:-UsePerfData -version
same "java" java 20000 java -XX:-UsePerfData "$srcdir/tests/apps/Work.java"
