-- Looks for one event in a page of the stream.
--
-- KEYS  1 stream
-- ARGV  1 XRANGE or XREVRANGE  2 where to begin  3 where to end  4 most bytes  5 the event's tenant and U+0000  6 its id, 16 bytes
-- Returns { bytes looked at (an entry counts 1 KiB more), where the next page begins or "" at the end, the event's record (see
--           record.ts) or "" }.
--
-- Why a script: XRANGE from outside would send every entry over the wire, to be compared in a process that takes events in.
-- Another tenant's event is no match: an answer that differed for it would tell that it exists.

local tenant, id = ARGV[5], ARGV[6]
-- Without the hour, in which all events of the hour are alike.
local digest = string.sub(id, 7)
-- What an entry costs besides its bytes: 1 to 2 µs, as much as 1 KiB of them.
local ENTRY = 1024
-- At 256 KB each, more at once would hold Redis for longer than a page is meant to.
local COUNT = 2

local function recordIn(entry)
  if not string.find(entry, digest, 2, true) then return nil end
  local at = 2
  while at + 68 <= #entry do
    local size = 4 + struct.unpack('>I4', entry, at)
    if string.sub(entry, at + 17, at + 32) == id and string.sub(entry, at + 69, at + 68 + #tenant) == tenant then
      return string.sub(entry, at, at + size - 1)
    end
    at = at + size
  end
end

local from, looked = ARGV[2], 0
repeat
  local entries = redis.call(ARGV[1], KEYS[1], from, ARGV[3], 'COUNT', COUNT)
  for _, entry in ipairs(entries) do
    from = '(' .. entry[1]
    looked = looked + ENTRY + #entry[2][2]
    local record = recordIn(entry[2][2])
    if record then return { looked, from, record } end
  end
  if #entries < COUNT then return { looked, '', '' } end
until looked >= tonumber(ARGV[4])
return { looked, from, '' }
