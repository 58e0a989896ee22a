-- Looks for several events in a page of the stream, by their receipts.
--
-- KEYS  1 stream
-- ARGV  1 where to begin  2 most bytes  3… receipts, 8 bytes each
-- Returns { bytes looked at (an entry counts 1 KiB more), where the next page begins or "" at the end, the records that were found
--           (see record.ts) … }.
--
-- Why a script: see find-queued.lua. A receipt names one acceptance of one tenant, and only this server knows it.

-- What an entry costs besides its bytes.
local ENTRY = 1024
-- At 256 KB each, more at once would hold Redis for longer than a page is meant to.
local COUNT = 2

local wanted = {}
for i = 3, #ARGV do wanted[ARGV[i]] = true end

local from, looked, answer = ARGV[1], 0, { 0, '' }
repeat
  local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', COUNT)
  for _, entry in ipairs(entries) do
    from = '(' .. entry[1]
    local packed, at = entry[2][2], 2
    looked = looked + ENTRY + #packed
    while at + 68 <= #packed do
      local size = 4 + struct.unpack('>I4', packed, at)
      if wanted[string.sub(packed, at + 57, at + 64)] then answer[#answer + 1] = string.sub(packed, at, at + size - 1) end
      at = at + size
    end
  end
  answer[1] = looked
  if #entries < COUNT then return answer end
until looked >= tonumber(ARGV[2])
answer[2] = from
return answer
