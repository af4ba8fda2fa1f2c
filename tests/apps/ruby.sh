# ruby: objects, threads, fibres, its own collector over malloc.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need ruby

cat >"$tmp/work.rb" <<'END_RUBY'
require "json"
rows = (1..5000).map { |i| { "id" => i, "name" => "row #{i * 7919 % 5003}", "values" => (0...i % 40).to_a } }
again = JSON.parse(JSON.generate(rows))
puts again.sum { |row| row["values"].size }, again.map { |row| row["name"] }.sort.first(3)
puts (0...8).map { |n| Thread.new { (0...3000).map { |i| (i * n).to_s }.sort[n] } }.map(&:value).inspect
fibres = (0...500).map { |n| Fiber.new { x = "a" * n; Fiber.yield x.size; x * 2 } }
puts fibres.sum(&:resume), fibres.sum { |f| f.resume.size }
GC.start; GC.compact if GC.respond_to?(:compact)
puts `echo from a child`
pid = fork { Array.new(2000) { |i| "x" * i }; exit! 4 }
Process.wait pid
puts $?.exitstatus
puts "abc" * 3 =~ /ca/, ("%.3f" % Math.sqrt(2))
exit 6
END_RUBY
same ruby 'ruby[.0-9]*' 20000 ruby "$tmp/work.rb"
