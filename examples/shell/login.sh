#!/bin/sh
# A login at your service provider from a shell, by curl and the broker's HTTP API:
#
#   MOCK_EHERKENNING_URL=http://127.0.0.1:8080 ./login.sh http://localhost:8081/login m.devries
#
# For a provider that sends the browser on by a redirect. Needs curl and jq. Exit code 0 where the person landed.
set -eu
start="$1" person="$2"
broker="${MOCK_EHERKENNING_URL:-http://127.0.0.1:8080}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT

say() { # METHOD PATH BODY: the answer, or the problem on stderr and the end
    curl --silent --show-error --output "$folder/said" --write-out '%{http_code}' --request "$1" "$broker$2" \
        --header 'Content-Type: application/json' --header "Authorization: Bearer ${MOCK_EHERKENNING_TOKEN:-}" \
        --data "$3" >"$folder/status"
    if [ "$(cut -c1 "$folder/status")" != 2 ]; then
        jq --raw-output '"\(.title): \(.detail)", (.findings[]? | "  \(.rule): \(.title). \(.mend)"), (.stop.text.nl // empty)' "$folder/said" >&2
        exit 1
    fi
}

# 1. Where the provider sends the browser: the broker's SSO address, with the request in it.
to_broker="$(curl --silent --show-error --cookie-jar "$folder/cookies" --output /dev/null --write-out '%{redirect_url}' "$start")"
case "$to_broker" in "$broker"/sso/*) ;; *) echo "$start leads to '$to_broker', not to $broker/sso/" >&2; exit 1 ;; esac

# 2. Hand the request over, and have this person log in.
say POST /api/v1/logins "$(jq --null-input --arg url "$to_broker" '{method: "GET", url: $url}')"
id="$(jq --raw-output .id "$folder/said")"
say POST "/api/v1/logins/$id/complete" "$(jq --null-input --arg person "$person" '{person: $person}')"

# 3. Bring the answer to the provider, as the browser would.
set --
if [ "$(jq --raw-output .method "$folder/said")" = POST ]; then
    jq --raw-output '.fields | to_entries[] | "data-urlencode = \"\(.key)=\(.value)\""' "$folder/said" >"$folder/form"
    set -- --config "$folder/form"
fi
curl --silent --show-error --location --cookie "$folder/cookies" --cookie-jar "$folder/cookies" --output "$folder/landing" \
    --write-out '%{http_code} %{url_effective}\n' "$@" "$(jq --raw-output .url "$folder/said")" | tee "$folder/landed"
[ "$(cut -c1 "$folder/landed")" = 2 ]
