-- Forgets acceptances: their identities may be accepted anew.
--
-- KEYS  1 dedupe hash 0  2 dedupe hash 1
-- ARGV  per acceptance: identity, receipt
-- Returns how many it forgot.
--
-- Why atomic: between a look and a removal another acceptance could take the identity; its record has another receipt, and stays.

local forgotten = 0
for i = 1, #ARGV, 2 do
  for hash = 1, 2 do
    local record = redis.call('HGET', KEYS[hash], ARGV[i])
    if record and string.sub(record, 9, 16) == ARGV[i + 1] then
      forgotten = forgotten + redis.call('HDEL', KEYS[hash], ARGV[i])
    end
  end
end
return forgotten
