wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"image":"' .. string.rep("a", 1024 - 12) .. '"}'
