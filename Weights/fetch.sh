#!/usr/bin/env bash
# Fetches a model from the Hugging Face hub: its configuration, its safetensors weights, its tokenizer.
#
#   Weights/fetch.sh facebook/sam-vit-base            the main revision
#   Weights/fetch.sh ORG/NAME refs/pr/1               another one: a branch, a tag, a commit
#
# The files go to ORG/NAME beside this script, or under SPANIEL_WEIGHTS where that is set: `--model ORG/NAME` finds them there. Nothing gets its
# name before its size and its digest are right. A download that was interrupted goes on where it stopped when this is run again.
#
# HF_TOKEN opens gated and private models; it goes to the hub alone, not to the host a download is redirected to. HF_ENDPOINT names another hub.
# Ends with 0, 64 (wrong usage), 69 (the hub does not give it) or 73 (it cannot be written here).
set -euo pipefail

usage() {
    sed -n '2,/^set /{/^#/s/^# \{0,1\}//p;}' "$0"
}

die() { # status, text
    printf 'fetch.sh: %s\n' "$2" >&2
    exit "$1"
}

say() { printf '%s\n' "$*" >&2; }

case $#/${1:-} in
    1/-h | 1/--help) usage; exit 0 ;;
    [12]/*) ;;
    *) usage >&2; exit 64 ;;
esac

id=$1
revision=${2-main}
endpoint=${HF_ENDPOINT:-https://huggingface.co}
endpoint=${endpoint%/}
pause=${SPANIEL_FETCH_PAUSE:-1} # seconds between attempts
attempts=5                      # attempts in a row that bring nothing new

# The hub's own rules for names: such a name is a safe part of a path and of an address.
good_id='^[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?(/[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9_])?)?$'
[[ $id =~ $good_id && ${#id} -le 96 && $id != *--* && $id != *..* && $id != *.git ]] ||
    die 64 "'$id' is no model of the hub; expected ORG/NAME, as in facebook/sam-vit-base"
[[ $revision =~ ^[A-Za-z0-9][A-Za-z0-9._/-]*$ && $revision != *..* ]] || die 64 "'$revision' is no revision; expected a branch, a tag or a commit"
case $endpoint in
    https://?*) protocols='=https' ;;
    http://?*) protocols='=http,https' ;;
    *) die 64 "HF_ENDPOINT is '$endpoint'; expected an address that begins with https://" ;;
esac
[[ ${HF_TOKEN:-} =~ ^[A-Za-z0-9._~+/=-]*$ ]] || die 64 "HF_TOKEN holds characters that no token has; copy it again"
case ${HF_HUB_OFFLINE:-} in 1 | ON | YES | TRUE | on | yes | true) die 69 "HF_HUB_OFFLINE is set; unset it to fetch $id" ;; esac
command -v curl > /dev/null || die 69 "curl is missing; install it (apt-get install curl)"

here=$(cd "$(dirname "$0")" && pwd)
folder=${SPANIEL_WEIGHTS:-$here}/$id
if ! mkdir -p "$folder" 2> /dev/null || [ ! -w "$folder" ]; then die 73 "cannot write to $folder; name another place with SPANIEL_WEIGHTS=FOLDER"; fi
scratch=$(mktemp -d)
lock=$folder/.lock
# Folders that are empty at the end go too: this one, and the organisation's.
leave() {
    rm -rf "$scratch"
    if [ "$(cat "$lock/process" 2> /dev/null)" = $$ ]; then rm -rf "$lock"; fi
    rmdir "$folder" 2> /dev/null || return 0
    case $id in */*) rmdir "$(dirname "$folder")" 2> /dev/null || return 0 ;; esac
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# One run at a time: a folder is made or is there already, for one of two runs. A lock whose process is gone is void.
if ! mkdir "$lock" 2> /dev/null; then
    owner=$(cat "$lock/process" 2> /dev/null || true)
    if [ -n "$owner" ] && kill -0 "$owner" 2> /dev/null; then
        die 73 "$folder is being fetched already, by process $owner; wait for it, or remove $lock if that is something else"
    fi
fi
mkdir -p "$lock"
printf '%s\n' "$$" > "$lock/process"

# --- Asking the hub --------------------------------------------------------------------------------------------------------------------

origin() { printf '%s\n' "$1" | sed -E 's#^([A-Za-z]+://[^/?#]*).*#\1#'; }

# curl, and the token where the address is the hub's. The token comes through a file descriptor: arguments can be seen by every user.
request() { # address, curl's arguments
    local address=$1 token=()
    shift
    if [ -n "${HF_TOKEN:-}" ] && [ "$(origin "$address")" = "$(origin "$endpoint")" ]; then
        token=(--config /dev/fd/3)
    fi
    curl --proto "$protocols" --connect-timeout 20 --speed-limit 1 --speed-time 60 --suppress-connect-headers \
        --header 'Accept-Encoding: identity' --user-agent 'spaniel-fetch/1' ${token[@]+"${token[@]}"} "$@" "$address" \
        3<<< "header = \"Authorization: Bearer ${HF_TOKEN:-}\""
}

# The last value of a header in a reply.
field() { # name
    tr -d '\r' < "$scratch/reply" | awk -v name="$1:" 'tolower($1) == name { sub(/^[^:]*:[ \t]*/, ""); value = $0 } END { print value }'
}

status_of() { awk '/^HTTP\// { status = $2 } END { print status }' "$scratch/reply"; }

# Waits before another attempt, as long as the hub asks for.
wait_turn() {
    local after
    after=$(field retry-after)
    if [[ $after =~ ^[0-9]{1,4}$ ]]; then
        [ "$after" -le 300 ] || die 69 "the hub asks to wait $after seconds; try again then"
        sleep "$after"
    else
        sleep "$pause"
    fi
}

# What the hub says of a file. Sets status, and where that is 200: url (where to get it), etag, size, commit.
look_up() { # file
    local address tries=0 hops=0 location
    address=$endpoint/$id/resolve/${revision//\//%2F}/$1
    while :; do
        : > "$scratch/reply"
        if request "$address" --silent --show-error --head --output "$scratch/reply" 2> "$scratch/problem"; then
            status=$(status_of)
        else
            status=000
        fi
        location=$(field location)
        case $status in
            000 | 408 | 429 | 500 | 502 | 503 | 504)
                tries=$((tries + 1))
                [ $tries -lt $attempts ] || die 69 "$address: no answer after $tries attempts ($(reason "$status")); try again later"
                wait_turn
                ;;
            30[1278])
                case $location in
                    //* | *://*)
                        # Another host has the file; what the hub says of it stands in this reply.
                        case $location in //*) location=${endpoint%%://*}:$location ;; esac
                        url=$location
                        break
                        ;;
                    /*)
                        # The hub's own: a renamed model, or a cache.
                        hops=$((hops + 1))
                        [ $hops -le 5 ] || die 69 "$address: redirected in a circle"
                        address=$(origin "$endpoint")$location
                        ;;
                    *) die 69 "$address: redirected to '$location', expected an address" ;;
                esac
                ;;
            200)
                url=$address
                break
                ;;
            *) return 0 ;;
        esac
    done
    status=200
    etag=$(field x-linked-etag)
    [ -n "$etag" ] || etag=$(field etag)
    etag=${etag#W/}
    etag=${etag//\"/}
    size=$(field x-linked-size)
    # The length of a redirect's own body says nothing.
    if [ -z "$size" ] && [ "$url" = "$address" ]; then size=$(field content-length); fi
    commit=$(field x-repo-commit)
    [[ $commit =~ ^[0-9a-f]{40}$ ]] || die 69 "$address: the hub names no commit (is HF_ENDPOINT a hub?)"
    [[ $size =~ ^[0-9]{1,15}$ ]] || die 69 "$address: the hub gives no size"
    [[ $etag =~ ^([0-9a-f]{40}|[0-9a-f]{64})$ ]] || die 69 "$address: the hub gives no digest to check the file by (its ETag is '$etag')"
}

# A status in words; 000 is curl's own failure.
reason() {
    if [ "$1" = 000 ]; then sed 's/^curl: //' "$scratch/problem" | tail -n 1; else printf 'status %s' "$1"; fi
}

# Ends with what a refusal means.
refuse() { # file
    local code
    code=$(field x-error-code)
    case $status/$code in
        */GatedRepo | 403/*)
            die 69 "$id is gated: accept its terms at $endpoint/$id, then set HF_TOKEN to a token of yours ($endpoint/settings/tokens)${HF_TOKEN:+; the token set now does not open it}"
            ;;
        */RevisionNotFound) die 69 "$id has no revision '$revision'" ;;
        401/*) die 69 "$id does not exist or is private; if it is yours, set HF_TOKEN to a token that may read it${HF_TOKEN:+ (the token set now may not)}" ;;
        */RepoNotFound) die 69 "there is no model $id at $endpoint" ;;
        404/*) die 69 "$id has no $1" ;;
        *) die 69 "$endpoint/$id, $1: the hub refuses ($(reason "$status"))" ;;
    esac
}

# --- Checking --------------------------------------------------------------------------------------------------------------------------

hash_of() { # 1 or 256; the bytes come on standard input
    if command -v "sha$1sum" > /dev/null; then "sha$1sum"; else shasum -a "$1"; fi | cut -d ' ' -f 1
}

bytes_of() { if [ -f "$1" ]; then wc -c < "$1" | tr -d ' '; else echo 0; fi; }

# The digest the hub keeps of a file: SHA-256 of a large one, git's blob hash of a small one.
digest_of() { # file
    if [ ${#etag} = 64 ]; then
        hash_of 256 < "$1"
    else
        { printf 'blob %s\0' "$(bytes_of "$1")"; cat "$1"; } | hash_of 1
    fi
}

is_right() { [ -f "$1" ] && [ "$(bytes_of "$1")" = "$size" ] && [ "$(digest_of "$1")" = "$etag" ]; }

# --- Downloading -----------------------------------------------------------------------------------------------------------------------

ready=() # files whose partial download is whole and right

# Throws away what arrived; the first time it is fetched again.
arrived_wrong() { # file, its partial name, what is wrong
    rm -f "$2"
    wrong=$((wrong + 1))
    [ $wrong -lt 2 ] || die 69 "$1 of $id arrived twice with $3; nothing of it was kept"
    say "  $1 arrived with $3: fetching it once more"
}

# Brings one file, to its partial name. The model's files get their names together, when all are right.
fetch() { # file; look_up has found it
    local file=$1 part other have before tries=0 restarts=0 code result free options
    wrong=0
    if is_right "$folder/$file"; then
        say "  $file is here already"
        return
    fi
    # The digest is in the name: what is left of another version is not gone on with.
    part=$folder/.$file.$etag.part
    for other in "$folder/.$file".*.part; do
        if [ "$other" != "$part" ]; then rm -f "$other"; fi
    done
    say "  $file ($size bytes)"
    while :; do
        have=$(bytes_of "$part")
        if [ "$have" = "$size" ]; then
            [ -f "$part" ] || : > "$part"
            is_right "$part" && break
            arrived_wrong "$file" "$part" "the digest $(digest_of "$part"), expected $etag"
        elif [ "$have" -gt "$size" ]; then
            arrived_wrong "$file" "$part" "$have bytes, expected $size"
        fi
        have=$(bytes_of "$part")
        free=$(df -Pk "$folder" | awk 'NR == 2 { print $4 }')
        if [[ $free =~ ^[0-9]+$ ]] && [ "$free" -lt $(((size - have) / 1024)) ]; then
            die 73 "$folder: $file needs $(((size - have) / 1024)) kB, $free are free; make room or name another place with SPANIEL_WEIGHTS=FOLDER"
        fi
        before=$have
        result=0
        : > "$scratch/reply"
        options=(--silent --show-error)
        if [ -t 2 ]; then options=(--progress-bar); fi
        # Another host may redirect further: it is not given the token.
        if [ "$(origin "$url")" != "$(origin "$endpoint")" ]; then options+=(--location --max-redirs 5 --proto-redir "$protocols"); fi
        code=$(request "$url" "${options[@]}" --fail --continue-at - --max-filesize "$size" --dump-header "$scratch/reply" --output "$part" \
            --write-out '%{http_code}') || result=$?
        case $result/$code in
            0/20[06])
                have=$(bytes_of "$part")
                [ "$have" -lt "$size" ] || continue
                arrived_wrong "$file" "$part" "$have bytes, expected $size"
                ;;
            63/*) arrived_wrong "$file" "$part" "more bytes than the $size expected" ;;
            0/* | 33/* | */416) # not the file, or no going on here: from the start
                rm -f "$part"
                restarts=$((restarts + 1))
                [ $restarts -lt $attempts ] || die 69 "$file of $id cannot be gone on with after $restarts attempts (status $code); nothing of it was kept"
                ;;
            1/*) die 69 "$file of $id: redirected to an address that is not https; not followed" ;;
            23/*) die 73 "$folder: $file cannot be written (is the disk full?)" ;;
        esac
        # What came is kept; an attempt that brought something does not count.
        if [ "$(bytes_of "$part")" -gt "$before" ]; then tries=0; else tries=$((tries + 1)); fi
        [ $tries -lt $attempts ] || die 69 "$file of $id: no progress in $tries attempts (curl ended with $result, status $code); what came is kept, run this again to go on"
        wait_turn
        # A signed address does not last; the file must still be the one that was begun.
        before=$etag
        look_up "$file"
        [ "$status" = 200 ] || refuse "$file"
        [ "$etag" = "$before" ] || die 69 "$file of $id has changed on the hub meanwhile; run this again"
    done
    sync "$part" 2> /dev/null || sync
    ready+=("$file" "$part")
}

optional() { # file
    look_up "$1"
    case $status in
        200) fetch "$1" ;;
        404) ;;
        *) refuse "$1" ;;
    esac
}

say "$id ($revision) from $endpoint to $folder"
look_up config.json
[ "$status" = 200 ] || refuse config.json
revision=$commit # one commit for all files, whatever is pushed meanwhile
fetch config.json

look_up model.safetensors
case $status in
    200) fetch model.safetensors ;;
    404)
        index=model.safetensors.index.json
        look_up $index
        [ "$status" != 404 ] || die 69 "$id has no safetensors weights at this revision; look at $endpoint/$id/discussions for a conversion, and fetch it as: $0 $id refs/pr/NUMBER"
        [ "$status" = 200 ] || refuse $index
        fetch $index
        list=$folder/$index
        for ((i = 0; i < ${#ready[@]}; i += 2)); do
            if [ "${ready[i]}" = $index ]; then list=${ready[i + 1]}; fi
        done
        # The values of its weight_map. They are names of files here, and nothing else.
        tr -d '\n\r' < "$list" | grep -o '"weight_map"[[:space:]]*:[[:space:]]*{[^}]*}' | grep -o ':[[:space:]]*"[^"]*"' |
            sed 's/^:[[:space:]]*"//; s/"$//' | sort -u > "$scratch/shards" || true
        [ -s "$scratch/shards" ] || die 69 "$index of $id lists no files"
        while read -r shard; do
            [[ $shard =~ ^[A-Za-z0-9_][A-Za-z0-9._-]*\.safetensors$ ]] || die 69 "$index of $id names '$shard', expected a safetensors file beside it"
            look_up "$shard"
            [ "$status" = 200 ] || refuse "$shard"
            fetch "$shard"
        done < "$scratch/shards"
        ;;
    *) refuse model.safetensors ;;
esac
for file in preprocessor_config.json processor_config.json tokenizer.json tokenizer_config.json special_tokens_map.json vocab.json merges.txt; do
    optional $file
done

for ((i = 0; i < ${#ready[@]}; i += 2)); do
    chmod 644 "${ready[i + 1]}"
    mv -f "${ready[i + 1]}" "$folder/${ready[i]}" || die 73 "cannot write $folder/${ready[i]}"
done
say "All files are here and right (commit $revision). Use them with: --model $id"
