# perl: hashes, regular expressions, sorting, a fork, a pipe.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need perl

cat >"$tmp/work.pl" <<'END_PERL'
use strict; use warnings;
my %seen;
for my $i (1 .. 40000) { my $key = sprintf("k%05d", $i * 7919 % 30011); $seen{$key} .= "$i,"; }
my @keys = sort { length($seen{$b}) <=> length($seen{$a}) or $a cmp $b } keys %seen;
print scalar(@keys), " $keys[0] $seen{$keys[0]} $keys[-1]\n";
my $text = join " ", map { "word$_" x ($_ % 5) } 1 .. 20000;
my $count = () = $text =~ /word\d*7\b/g;
(my $other = $text) =~ s/word(\d+)/<$1>/g;
print "$count ", length($other), "\n";
open my $pipe, "-|", "echo from a child" or die; print <$pipe>; close $pipe;
$| = 1;
if (my $pid = fork) { waitpid $pid, 0; print "child: ", $? >> 8, "\n"; }
else { my @list = map { "x" x $_ } 1 .. 500; exit(@list % 256); }
eval { die { code => 7 } }; exit $@->{code};
END_PERL
same perl perl 5000 env PERL_HASH_SEED=0 perl "$tmp/work.pl"
