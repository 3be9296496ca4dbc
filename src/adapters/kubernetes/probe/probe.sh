#!/bin/sh
# Asks what it is told to, with curl, and prints one line of JSON per try; the last line is {"done":true}.
# Needs a POSIX shell, curl >= 7.75, sleep and date; writes no file. Exit code 0 whenever it ran to its end.
#
#   SALLYPORT_ATTEMPTS        one per line: <name> <http|tls|tcp> <host> <port> [<address to resolve to by hand, or ->
#                             [<method> <path>]], or of tcp [<protocol>], of which the first words are sent
#   SALLYPORT_RETRY_SECONDS   `reaches` is repeated until it succeeds, `refused` until it fails, for so long; 0 = once
#   SALLYPORT_PAUSE_SECONDS   between two tries (2)
#   SALLYPORT_MAX_SECONDS     of one try (5)
#   SALLYPORT_SETTLE_SECONDS  before the end, so that the sidecar can write its log (2)
#   SALLYPORT_NONCE           told apart by in the User-Agent (the host's name)
#
# Nothing given is ever run or spliced into code: each word is checked against a list of characters, and quoted.

set -uf
LC_ALL=C
export LC_ALL
unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY

NEWLINE='
'
# https://curl.se/docs/manpage.html#-w: errormsg and redirect_url come last, as those with spaces in them.
FORMAT='%{http_code} %{size_download} %{time_connect} %{time_appconnect} %{time_total} %{local_port} [%{remote_ip}] %{errormsg}|%{redirect_url}'

# Sets `text` to $1 with every character replaced that could end a JSON string; at most 200 characters.
to_text() {
  rest=$1
  text=
  count=0
  while [ -n "$rest" ] && [ "$count" -lt 200 ]; do
    tail=${rest#?}
    char=${rest%"$tail"}
    rest=$tail
    count=$((count + 1))
    case $char in
      [A-Za-z0-9] | [\ .,:\;_/\(\)=+@%\'\<\>*-]) text=$text$char ;;
      '"') text=$text\' ;;
      *) text="$text?" ;;
    esac
  done
}

# Sets `number` to $1 as JSON writes it (curl says 000 where there is no status), or 0.
to_number() {
  case $1 in
    '' | *[!0-9.]* | *.*.* | .* | *.) number=0 ;;
    *) number=$1 ;;
  esac
  while :; do
    case $number in
      0[0-9]*) number=${number#0} ;;
      *) return ;;
    esac
  done
}

to_seconds() {
  case $1 in
    '' | *[!0-9]* | ?????*) number=0 ;;
    *) to_number "$1" ;;
  esac
}

to_pause() {
  case $1 in
    '' | *[!0-9.]* | *.*.* | .* | *.) pause=$2 ;;
    *) pause=$1 ;;
  esac
}

# What a client of the protocol says first, and changes nothing with: a greeting, a question, or a goodbye.
# https://www.rfc-editor.org/rfc/rfc4253#section-4.2 (ssh), https://www.rfc-editor.org/rfc/rfc5321#section-4.1.1.10 (smtp),
# https://redis.io/docs/latest/commands/ping/, https://www.postgresql.org/docs/current/protocol-message-formats.html
# (SSLRequest), https://www.amqp.org/specification/0-9-1/amqp-org-download (protocol header),
# https://www.rfc-editor.org/rfc/rfc4511#section-4.2 (anonymous bind), https://kafka.apache.org/protocol.html#The_Messages_ApiVersions,
# https://www.mongodb.com/docs/manual/reference/command/hello/, https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_quit.html
first_words() {
  case $1 in
    ssh) printf 'SSH-2.0-sallyport\r\n' ;;
    smtp) printf 'QUIT\r\n' ;;
    redis) printf 'PING\r\n' ;;
    postgres) printf '\000\000\000\010\004\322\026\057' ;;
    amqp) printf 'AMQP\000\000\011\001' ;;
    ldap) printf '\060\014\002\001\001\140\007\002\001\003\004\000\200\000' ;;
    kafka) printf '\000\000\000\012\000\022\000\000\000\000\000\001\000\000' ;;
    mongodb) printf '\064\000\000\000\001\000\000\000\000\000\000\000\335\007\000\000\000\000\000\000\000\037\000\000\000\020hello\000\001\000\000\000\002$db\000\006\000\000\000admin\000\000' ;;
    mysql) printf '\001\000\000\001\001' ;;
    *) printf '\r\n' ;;
  esac
}

# One try of the attempt in $name $kind $host $port $address $method $path; prints its line and sets `answered` to yes or no.
ask() {
  if [ -n "$address" ]; then set -- --resolve "$host:$port:$address"; else set --; fi
  # HEAD has no body, for which -X would wait.
  if [ "$kind" = tcp ]; then set -- "$@" "telnet://$host:$port"
  elif [ "$method" = HEAD ]; then set -- "$@" -I
  else set -- "$@" -X "$method"; fi
  case $kind in
    tls) set -- "$@" "https://$host:$port$path" ;;
    http) set -- "$@" "http://$host:$port$path" ;;
  esac
  # What has been said is followed by a pause: at the end of its input curl may close at once.
  output=$(if [ "$kind" = tcp ]; then first_words "$method"; sleep 2; fi | curl -q -g --path-as-is -sS -k -o /dev/null --max-time "$limit" --connect-timeout "$limit" \
    -A "sallyport-probe/$nonce-$name-$try" -w "$FORMAT" "$@" 2>/dev/null)
  exit=$?
  set -- $output
  while [ $# -lt 7 ]; do set -- "$@" 0; done
  to_number "$1"; status=$number
  to_number "$2"; bytes=$number
  to_number "$3"; connect=$number
  to_number "$4"; appconnect=$number
  to_number "$5"; total=$number
  to_number "$6"; localPort=$number
  remote=${7#[}
  remote=${remote%]}
  case $remote in *[!0-9A-Fa-f.:]*) remote= ;; esac
  shift 7
  said=$*
  to_text "${said%%|*}"
  # Of where it sends to only whether that is the same host over TLS: the rest may hold secrets.
  case ${said#*|} in
    "https://$host" | "https://$host/"* | "https://$host:"* | "https://$host?"*) redirect=https ;;
    *) redirect= ;;
  esac
  printf '{"attempt":"%s","try":%s,"exit":%s,"status":%s,"bytes":%s,"connect":%s,"appconnect":%s,"total":%s,"localPort":%s,"remoteIp":"%s","error":"%s","redirect":"%s"}\n' \
    "$name" "$try" "$exit" "$status" "$bytes" "$connect" "$appconnect" "$total" "$localPort" "$remote" "$text" "$redirect"
  judge_try
}

# A completed handshake is an answer, whatever is said afterwards. A plain 403, 404, 502, 503 or 504 may have been
# made by a proxy on the way, whose settings are still spreading.
judge_try() {
  answered=no
  case $kind in
    tls) case $appconnect in *[1-9]*) answered=yes ;; esac ;;
    tcp) [ "$bytes" = 0 ] || answered=yes ;;
    *)
      case $status in
        0 | 403 | 404 | 502 | 503 | 504) ;;
        *) answered=yes ;;
      esac
      ;;
  esac
}

# All tries of one attempt.
run_attempt() {
  try=1
  case $name in
    reaches) wanted=yes ;;
    refused) wanted=no ;;
    *) wanted= ;;
  esac
  began=$(date +%s)
  while :; do
    ask
    [ -n "$wanted" ] && [ "$answered" != "$wanted" ] || return
    now=$(date +%s)
    [ $((now - began)) -lt "$window" ] || return
    try=$((try + 1))
    to_pause "${SALLYPORT_PAUSE_SECONDS:-}" 2
    sleep "$pause"
  done
}

# True where every word of the attempt is of the kind it should be.
is_valid() {
  case $name in '' | *[!A-Za-z0-9-]*) return 1 ;; esac
  case $kind in http | tls | tcp) ;; *) return 1 ;; esac
  case $host in '' | -* | *[!A-Za-z0-9._-]*) return 1 ;; esac
  case $port in '' | *[!0-9]* | ??????*) return 1 ;; esac
  case $address in *[!0-9A-Fa-f.:]*) return 1 ;; esac
  case $kind$method in
    tcp*[!a-z]*) return 1 ;;
    tcp* | *GET | *HEAD | *OPTIONS) ;;
    *) return 1 ;;
  esac
  case $path in /*) ;; *) return 1 ;; esac
  case $path in *[!A-Za-z0-9._~!\$\'\(\)*+,=:@%/-]*) return 1 ;; esac
}

to_seconds "${SALLYPORT_RETRY_SECONDS:-0}"
window=$number
to_pause "${SALLYPORT_MAX_SECONDS:-}" 5
limit=$pause
nonce=${SALLYPORT_NONCE:-${HOSTNAME:-local}}
case $nonce in *[!A-Za-z0-9.-]*) nonce=local ;; esac

lineNumber=0
IFS=$NEWLINE
for line in ${SALLYPORT_ATTEMPTS:-}; do
  unset IFS
  lineNumber=$((lineNumber + 1))
  set -- $line
  name=${1:-} kind=${2:-} host=${3:-} port=${4:-} address=${5:-} method=${6:-} path=${7:-/}
  if [ "$address" = - ]; then address=; fi
  if [ "$kind" != tcp ]; then method=${method:-GET}; fi
  if [ $# -le 7 ] && is_valid; then
    run_attempt
  else
    printf '{"refusedLine":%s}\n' "$lineNumber"
  fi
done

to_pause "${SALLYPORT_SETTLE_SECONDS:-}" 2
[ "$pause" = 0 ] || sleep "$pause"
printf '{"done":true}\n'
