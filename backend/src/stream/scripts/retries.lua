-- A page of the events that wait for their next attempt, in the order in which they are due, without their texts.
--
-- KEYS  1 retry:due  2 retry:records
-- ARGV  1 first rank  2 last rank
-- Returns for each: when it is due (ms), its record (see record.ts) cut before the text, with its size set right.
--
-- Why a script: HMGET would send up to 256 KB an event over the wire to tell who it is.

local due = redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'WITHSCORES')
local answer = {}
for i = 1, #due, 2 do
  local record = redis.call('HGET', KEYS[2], due[i])
  if record then
    local head = 69 + struct.unpack('>I2', record, 66) + struct.unpack('>I2', record, 68)
    answer[#answer + 1] = due[i + 1]
    answer[#answer + 1] = struct.pack('>I4', head - 4) .. string.sub(record, 5, head)
  end
end
return answer
