# MT_MISSING(WHAT, DEBIAN-PACKAGE, REASON)
AC_DEFUN([MT_MISSING],
    [AC_MSG_ERROR([$1 not found, needed for: $3.
    On Debian: apt-get install $2])])

# MT_PKG(VARIABLE-PREFIX, MODULE, DEBIAN-PACKAGE, REASON)
AC_DEFUN([MT_PKG],
    [PKG_CHECK_MODULES([$1], [$2], [], [MT_MISSING([$2], [$3], [$4])])])

# Sets mt_cxx_works and the conditional HAVE_CXX: C++ is for tests and benchmarks only.
AC_DEFUN([MT_CXX_WORKS], [
    AC_LANG_PUSH([C++])
    AC_CACHE_CHECK([whether C++ programs can be built], [mt_cv_cxx_works],
        [AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <new>]], [[delete new int;]])],
            [mt_cv_cxx_works=yes], [mt_cv_cxx_works=no])])
    AC_LANG_POP([C++])
    mt_cxx_works=$mt_cv_cxx_works
    AM_CONDITIONAL([HAVE_CXX], [test "$mt_cxx_works" = yes])
])

# Finds the archive that the private copy of jemalloc is made of.
AC_DEFUN([MT_JEMALLOC], [
    PKG_CHECK_MODULES([JEMALLOC], [jemalloc >= 5.3],
        [], [MT_MISSING([jemalloc >= 5.3], [libjemalloc-dev], [the allocator])])
    AC_ARG_WITH([jemalloc-pic],
        [AS_HELP_STRING([--with-jemalloc-pic=FILE], [jemalloc's static library, compiled
            with -fPIC @<:@libjemalloc_pic.a beside the shared one@:>@])],
        [JEMALLOC_PIC=$withval],
        [JEMALLOC_PIC=`$PKG_CONFIG --variable=libdir jemalloc`/libjemalloc_pic.a])
    AS_IF([test -r "$JEMALLOC_PIC"], [],
        [MT_MISSING([$JEMALLOC_PIC], [libjemalloc-dev], [the allocator])])
    JEMALLOC_VERSION=`$PKG_CONFIG --modversion jemalloc | sed 's/_.*//'`
    AC_SUBST([JEMALLOC_PIC])
    AC_SUBST([JEMALLOC_VERSION])
])

# MT_CFLAG(VARIABLE, FLAG): appends FLAG if the compiler takes it without a warning.
AC_DEFUN([MT_CFLAG], [
    AS_VAR_PUSHDEF([cached], [mt_cv_cflag_$2])
    AC_CACHE_CHECK([whether $CC takes $2], [cached], [
        mt_saved_cflags=$CFLAGS
        CFLAGS="$CFLAGS -Werror $2"
        AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
            [AS_VAR_SET([cached], [yes])], [AS_VAR_SET([cached], [no])])
        CFLAGS=$mt_saved_cflags
    ])
    AS_VAR_IF([cached], [yes], [$1="$[]$1 $2"])
    AS_VAR_POPDEF([cached])
])

# MT_WARNINGS for all code of ours, MT_CODEGEN for all objects of the library.
AC_DEFUN([MT_FLAGS], [
    MT_WARNINGS="-Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes"
    AS_IF([test "$enable_werror" = yes], [MT_WARNINGS="$MT_WARNINGS -Werror"])
    MT_CODEGEN="-fPIC -fvisibility=hidden -ftls-model=initial-exec"
    MT_CODEGEN="$MT_CODEGEN -fasynchronous-unwind-tables"
    MT_CFLAG([MT_CODEGEN], [-fno-plt])
    MT_CET=
    MT_CFLAG([MT_CET], [-fcf-protection=full])
    MT_CODEGEN="$MT_CODEGEN $MT_CET"
    MT_HARDEN=
    MT_CFLAG([MT_HARDEN], [-fstack-protector-strong])
    AC_SUBST([MT_WARNINGS])
    AC_SUBST([MT_CODEGEN])
    AC_SUBST([MT_CET])
    AC_SUBST([MT_HARDEN])
    mt_compiler=`$CC -dumpfullversion 2>/dev/null || $CC -dumpversion`
])
