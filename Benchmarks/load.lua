-- Load for wrk: `wrk … -s load.lua URL -- KEYS.csv read PATH` or `… -- KEYS.csv thank RUN`.
--
-- Every request comes from the next person of the directory, so that no key is hotter than another. `thank` gives one point to
-- somebody else, under an Idempotency-Key of its own; RUN keeps the keys of several runs apart.

local thread_count = 0

function setup(thread)
  thread:set("thread_number", thread_count)
  thread_count = thread_count + 1
end

local handles, authorizations = {}, {}
local next_person, sent = 0, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local handle, key = line:match("^([^,]+),(.+)$")
    if handle ~= "handle" then
      handles[#handles + 1] = handle
      authorizations[#authorizations + 1] = "Authorization: Bearer " .. key .. "\r\n"
    end
  end
  -- Threads begin far apart in the directory.
  next_person = (thread_number * 997) % #handles
  request = arguments[2] == "thank" and thank(arguments[3]) or read(arguments[3])
end

function person()
  next_person = next_person % #handles + 1
  return next_person
end

function read(path)
  local head = "GET " .. path .. " HTTP/1.1\r\nHost: localhost\r\n"
  return function() return head .. authorizations[person()] .. "\r\n" end
end

function thank(run)
  local head = "POST /v1/recognitions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
  return function()
    local giver = person()
    sent = sent + 1
    -- Never oneself: the distance is between 1 and the number of others.
    local recipient = handles[(giver + sent * 7919 % (#handles - 1)) % #handles + 1]
    local body = '{"to":["' .. recipient .. '"],"points":1,"message":"Thank you for the review of release ' .. sent .. '"}'
    return head .. authorizations[giver] .. "Idempotency-Key: " .. run .. "-" .. thread_number .. "-" .. sent
      .. "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
  end
end

-- One line: answers, answers a second, p50 and p99 in milliseconds, answers that are no success, broken connections.
function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format("result %d %.0f %.2f %.2f %d %d\n", summary.requests, summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
