# z3: a C++ program that allocates millions of blocks.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need z3

cat >"$tmp/factors.smt2" <<'END_SMT'
(set-option :produce-models true)
(declare-const p (_ BitVec 32))
(declare-const q (_ BitVec 32))
(assert (= (bvmul p q) #x3a95f4e1))
(assert (bvugt p #x00000001))
(assert (bvule p #x00007fff))
(assert (bvugt q p))
(assert (bvule q #x0000ffff))
(check-sat)
(push)
(declare-fun f (Int Int) Int)
(declare-const n Int)
(assert (forall ((x Int) (y Int)) (=> (< x y) (< (f x n) (f y n)))))
(assert (> (f 3 n) (f 4 n)))
(check-sat)
(pop)
(declare-const s String)
(assert (str.in_re s (re.+ (re.union (str.to_re "ab") (str.to_re "c")))))
(assert (= (str.len s) 7))
(check-sat)
(get-value ((str.len s)))
END_SMT
same z3 z3 50000 z3 -smt2 smt.random_seed=1 sat.random_seed=1 "$tmp/factors.smt2"
