# Lua and LuaJIT: tables, strings, coroutines, the garbage collector.
. "${srcdir:-.}/tests/lib.sh"
. "$srcdir/tests/apps/lib.sh"
need lua5.4 luajit

cat >"$tmp/work.lua" <<'END_LUA'
local t = {}
for i = 1, 60000 do t[i] = { id = i, name = "row " .. (i * 7919 % 30011) } end
table.sort(t, function(a, b) return a.name < b.name or a.name == b.name and a.id < b.id end)
print(#t, t[1].name, t[#t].id)
local function numbers(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i) end end) end
local sum = 0
for round = 1, 200 do for i in numbers(50) do sum = sum + i end end
print(sum)
t = nil
for i = 1, 5 do collectgarbage() end
local parts = {}
for i = 1, 20000 do parts[#parts + 1] = string.rep("ab", i % 7) end
print(#table.concat(parts), select(2, table.concat(parts):gsub("ba", "")))
print(pcall(error, "wrong"))
os.exit(5, true)
END_LUA
same lua5.4 'lua5[.]4' 50000 lua5.4 "$tmp/work.lua"
# It has an allocator of its own, over mmap; what reaches malloc is little.
same luajit 'luajit.*' 5 luajit "$tmp/work.lua"
