# Kubernetes AWS detect suspicious kubectl calls
reduce (inputs | select(
    ((.user.username // "") | ascii_downcase) == "system:anonymous"
    and ((.userAgent // "") | ascii_downcase | startswith("kubectl"))
    and any(.sourceIPs[]?; . != "127.0.0.1")
    and any(.sourceIPs[]?; . != "::1")
  )) as $event
  ({}; reduce $event.sourceIPs[] as $ip
    (.; .[[$ip, $event.user.username, $event.verb, $event.userAgent, $event.requestURI] | tojson] += 1))
| {"Kubernetes AWS detect suspicious kubectl calls": [to_entries[] | (.key | fromjson) + [.value]]}
