-- Moves retries that are due back into the stream, as one packed entry: there is one way in.
--
-- KEYS  1 stream  2 retry:due  3 retry:records
-- ARGV  1 entry version (one byte)  2 the version when one of the events was not sent as JSON  3 most events
-- Returns how many events it moved.
--
-- Why atomic: an event must never be in neither place. `retry:accepted` keeps its receipt until the event is settled, because
-- the new entry's id no longer tells when the event was accepted.

-- A record's context stands behind its 69 bytes of header, which say how long it is; what is no JSON says so there (see record.ts).
local function isJson(record)
  local size = struct.unpack('>I2', record, 66)
  return not string.find(string.sub(record, 70, 69 + size), '\0format=', 1, true)
end

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local receipts = redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, ARGV[3])
local parts, bytes = { ARGV[1] }, 0
for _, receipt in ipairs(receipts) do
  local record = redis.call('HGET', KEYS[3], receipt)
  if bytes > 0 and record and bytes + #record > 262144 then break end
  redis.call('ZREM', KEYS[2], receipt)
  redis.call('HDEL', KEYS[3], receipt)
  if record then
    if not isJson(record) then parts[1] = ARGV[2] end
    parts[#parts + 1] = record
    bytes = bytes + #record
  end
end
if #parts > 1 then redis.call('XADD', KEYS[1], '*', 'e', table.concat(parts)) end
return #parts - 1
