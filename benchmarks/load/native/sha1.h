/* SHA-1 and Base64 of a WebSocket handshake (RFC 6455, section 4.2.2; FIPS 180-4; RFC 4648). */
#pragma once
#include <stdint.h>
#include <string.h>

static inline uint32_t turned(uint32_t word, int by) { return word << by | word >> (32 - by); }

static inline void sha1_block(uint32_t state[5], const unsigned char *block)
{
    static const uint32_t rounds[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8
               | block[4 * i + 3];
    for (int i = 16; i < 80; i++)
        w[i] = turned(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20 ? (b & c) | (~b & d)
                   : i < 40 ? b ^ c ^ d
                   : i < 60 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d;
        uint32_t next = turned(a, 5) + f + e + rounds[i / 20] + w[i];
        e = d, d = c, c = turned(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* Digest of less than 120 bytes: a key and the GUID are 60. */
static inline void sha1(const void *text, size_t size, unsigned char digest[20])
{
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    unsigned char padded[128] = {0};
    size_t whole = size < 56 ? 64 : 128;
    memcpy(padded, text, size);
    padded[size] = 0x80;
    padded[whole - 2] = (unsigned char)(size >> 5);
    padded[whole - 1] = (unsigned char)(size << 3);
    for (size_t at = 0; at < whole; at += 64)
        sha1_block(state, padded + at);
    for (int i = 0; i < 20; i++)
        digest[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

/* Sec-WebSocket-Accept of a key of 24 characters: 28 characters and a NUL. */
static inline void websocket_accept(const char *key, char answer[29])
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[60];
    unsigned char digest[21] = {0};
    memcpy(text, key, 24);
    memcpy(text + 24, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", 36);
    sha1(text, sizeof text, digest);
    for (int i = 0; i < 7; i++) {
        uint32_t three = digest[3 * i] << 16 | digest[3 * i + 1] << 8 | digest[3 * i + 2];
        for (int j = 0; j < 4; j++)
            answer[4 * i + j] = digits[three >> (18 - 6 * j) & 63];
    }
    answer[27] = '=', answer[28] = 0;
}
