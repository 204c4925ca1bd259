#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Looks at what the archives of the pure layers (wire, rtc, room) ask of the outside: no socket,
# file, clock, thread or log call, none of the unbounded string functions, and OpenSSL, libipsec-mb,
# usrsctp and protobuf-c from their doors alone. Symbols see through macros; grep does not.
# usage: tools/purity.sh BUILD_FOLDER   (built without sanitizers)
set -euo pipefail

build=${1:?usage: tools/purity.sh BUILD_FOLDER}

sockets='socket|socketpair|bind|listen|accept4?|connect|shutdown|send|sendto|sendmsg|sendmmsg|recv|recvfrom|recvmsg|recvmmsg|[gs]etsockopt|getaddrinfo|poll|ppoll|select|epoll_.*|eventfd|ioctl|fcntl'
files='open|openat|creat|close|read|readv|pread|write|writev|pwrite|f(open|close|read|write|gets|puts|flush|printf)|v?f?printf|puts|putchar|perror|__(v?f?printf)_chk|opendir|stat|fstat|unlink|getenv|secure_getenv|system|popen|fork|execv.*|getrandom|getentropy|s?rand|random|srandom|arc4random.*'
clocks='time|clock|clock_gettime|gettimeofday|ftime|localtime(_r)?|gmtime(_r)?|mktime|strftime|nanosleep|clock_nanosleep|usleep|sleep|timer_.*|timerfd_.*|alarm|setitimer'
threads='pthread_.*|thrd_.*|mtx_.*|cnd_.*|tss_.*|call_once|sem_.*|sched_.*|signal|sigaction|kill|raise|uv_.*|net_.*|loop_.*|mailbox_.*|thread_.*'
logs='log_[a-z_]+|v?syslog'
strings='strcpy|stpcpy|strcat|sprintf|vsprintf|strtok(_r)?|gets|alloca|__(strcpy|stpcpy|strcat|v?sprintf|gets)_chk'
forbidden="^($sockets|$files|$clocks|$threads|$logs|$strings)\$"

# Symbols of an outside library, and the objects that may ask for them.
doors=(
    '^(SSL|TLS|DTLS|EVP|BIO|X509|ASN1|EC|BN|CRYPTO|ERR|OPENSSL|RAND|HMAC|PEM|OSSL)_.* (dtls|cipher)(_[a-z0-9]+)?'
    '^(init_mb_mgr.*|alloc_mb_mgr|free_mb_mgr|imb_.*|IMB_.*) cipher(_[a-z0-9]+)?'
    '^usrsctp_.* assoc(_[a-z0-9]+)?'
    '^protobuf_c_.* signal(_[a-z0-9]+)?'
)

found=0
for layer in wire rtc room; do
    archive="$build/src/lib$layer.a"
    if [ ! -f "$archive" ]; then
        [ -z "$(compgen -G "$(dirname "$0")/../src/$layer/*.c")" ] && continue
        echo "$archive: not built"
        found=1
        continue
    fi
    # A line of nm -A reads "archive:object:   U symbol"; objects are called layer_file.c.o.
    while read -r object symbol; do
        if [[ $symbol =~ $forbidden ]]; then
            echo "src/$layer/$object.c: uses $symbol"
            found=1
        fi
        for door in "${doors[@]}"; do
            if [[ $symbol =~ ${door% *}$ && ! $object =~ ^${door#* }$ ]]; then
                echo "src/$layer/$object.c: uses $symbol outside its door"
                found=1
            fi
        done
    done < <(nm -A -u "$archive" | sed -nE "s,^.*[:/]${layer}_([A-Za-z0-9_]+)\.c\.o: +[Uw] ([A-Za-z0-9_]+).*,\1 \2,p")
done
exit $found
