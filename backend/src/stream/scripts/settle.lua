-- Settles whole entries: acknowledges and removes each, and only for those that were still there moves the ledger, puts what
-- must be tried again into the retry set, and gives back the identities of what died.
--
-- KEYS  1 stream  2 dedupe hash 0  3 dedupe hash 1  4 ledger  5 totals  6 retry:due  7 retry:records  8 retry:accepted  9 marks
-- ARGV  1 consumer group, then per entry:
--         id, bytes of its records,
--         number of ledger rows, then per row: minute, tenant, stored, duplicate, dead
--         number of retries, then per retry: receipt, due (ms), accepted (ms), record
--         number of identities given back, then per identity: identity, receipt
--         number of finished retries, then their receipts
-- Returns how many entries it removed.
--
-- Why atomic, and why XDEL decides: an entry's existence is the state. A repeated call, or a second worker that settles the
-- same entry, finds nothing to remove and changes nothing.

local at = 2
local function take()
  local value = ARGV[at]
  at = at + 1
  return value
end

local removed = 0
local ledger, totals = {}, { stored = 0, duplicate = 0, dead = 0, retried = 0, settledBytes = 0 }
local function add(field, value)
  if value > 0 then ledger[field] = (ledger[field] or 0) + value end
end

while ARGV[at] do
  local id = take()
  local bytes = tonumber(take())
  redis.call('XACK', KEYS[1], ARGV[1], id)
  local mine = redis.call('XDEL', KEYS[1], id) == 1
  if mine then
    removed = removed + 1
    totals.settledBytes = totals.settledBytes + bytes
    redis.call('HDEL', KEYS[9], id)
  end
  for _ = 1, tonumber(take()) do
    local row = take() .. ':' .. take()
    local stored, duplicate, dead = tonumber(take()), tonumber(take()), tonumber(take())
    if mine then
      add(row .. ':s', stored)
      add(row .. ':u', duplicate)
      add(row .. ':d', dead)
      totals.stored = totals.stored + stored
      totals.duplicate = totals.duplicate + duplicate
      totals.dead = totals.dead + dead
    end
  end
  for _ = 1, tonumber(take()) do
    local receipt, due, accepted, record = take(), take(), take(), take()
    if mine then
      redis.call('ZADD', KEYS[6], due, receipt)
      redis.call('ZADD', KEYS[8], accepted, receipt)
      redis.call('HSET', KEYS[7], receipt, record)
      totals.retried = totals.retried + 1
    end
  end
  for _ = 1, tonumber(take()) do
    local identity, receipt = take(), take()
    if mine then
      for hash = 2, 3 do
        local record = redis.call('HGET', KEYS[hash], identity)
        -- Another receipt: the identity has been accepted anew since; that record is not ours to remove.
        if record and string.sub(record, 9, 16) == receipt then redis.call('HDEL', KEYS[hash], identity) end
      end
    end
  end
  for _ = 1, tonumber(take()) do
    local receipt = take()
    if mine then redis.call('ZREM', KEYS[8], receipt) end
  end
end

for field, value in pairs(ledger) do redis.call('HINCRBY', KEYS[4], field, value) end
for field, value in pairs(totals) do
  if value > 0 then redis.call('HINCRBY', KEYS[5], field, value) end
end
return removed
