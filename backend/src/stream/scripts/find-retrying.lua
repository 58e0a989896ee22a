-- Looks for one event in a page of those that wait for their next attempt.
--
-- KEYS  1 retry:records
-- ARGV  1 cursor of HSCAN  2 most bytes  3 the event's tenant and U+0000  4 its id, 16 bytes
-- Returns { bytes looked at (a record counts 1 KiB more), where the next page begins or "" at the end, the event's record (see record.ts) or "" }.
--
-- Why a script: see find-queued.lua. Why HSCAN: pages by rank would skip some whenever the first ones are taken out.

-- What a record costs besides its bytes.
local RECORD = 1024

local cursor, looked = ARGV[1], 0
local tenant, id = ARGV[3], ARGV[4]
repeat
  local page = redis.call('HSCAN', KEYS[1], cursor, 'COUNT', 2)
  cursor = page[1]
  for i = 2, #page[2], 2 do
    local record = page[2][i]
    looked = looked + RECORD + #record
    if string.sub(record, 18, 33) == id and string.sub(record, 70, 69 + #tenant) == tenant then return { looked, cursor, record } end
  end
  if cursor == '0' then return { looked, '', '' } end
until looked >= tonumber(ARGV[2])
return { looked, cursor, '' }
