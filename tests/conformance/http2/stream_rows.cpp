#include "http2/row.h"

namespace http2_test {
namespace {

const std::string kProtocol = "GOAWAY PROTOCOL_ERROR";
const std::string kClosed = "GOAWAY STREAM_CLOSED";

}  // namespace

std::vector<Row> stream_rows() {
  const std::string reset = frame(NGHTTP2_RST_STREAM, 0, 3, word(8));
  const std::string window = frame(NGHTTP2_WINDOW_UPDATE, 0, 3, word(1));
  const std::string priority = frame(NGHTTP2_PRIORITY, 0, 3, word(0) + "x");
  const std::string waits = get(3, "/waits");
  const std::string waiting_body = post(3, "/waits") + data(3, "ab");
  const std::string whole = post(3, "/echo") + data(3, "abc", kEnd);
  const std::string block = hpack(request("GET", "/"));
  return {
      // Idle (RFC 9113 §5.1).
      {"DATA on a stream that was never opened (RFC 9113 §5.1)", data(3, "x"), kProtocol},
      {"RST_STREAM on a stream that was never opened (RFC 9113 §6.4)", reset, kProtocol},
      {"WINDOW_UPDATE on a stream that was never opened (RFC 9113 §5.1)", window, kProtocol},
      {"CONTINUATION on a stream that was never opened (RFC 9113 §6.10)",
       frame(NGHTTP2_CONTINUATION, kEndHeaders, 3, block), kProtocol},
      {"PRIORITY on a stream that was never opened (RFC 9113 §5.1)", priority + get(3), "200"},
      // Numbers.
      {"a stream of an even number (RFC 9113 §5.1.1)", get(4), kProtocol},
      {"a stream number that goes back (RFC 9113 §5.1.1)", get(5) + get(3), kProtocol},
      {"a stream number that leaves some out (RFC 9113 §5.1.1)", get(3) + get(51), "200"},
      {"DATA on a stream that was left out (RFC 9113 §5.1.1)", get(7) + data(5, "x"), ""},
      // Half-closed by the client: its handler waits.
      {"a body, and the end (RFC 9113 §5.1)", whole, "200"},
      {"WINDOW_UPDATE and PRIORITY behind the end (RFC 9113 §5.1)", waits + window + priority, ""},
      {"RST_STREAM behind the end (RFC 9113 §5.1)", waits + reset, ""},
      {"DATA behind the end (RFC 9113 §5.1)", waits + data(3, "d"), kClosed},
      {"DATA behind an end of its own (RFC 9113 §5.1)", waiting_body + data(3, "c", kEnd) + data(3, "d", kEnd),
       kClosed},
      {"HEADERS behind the end (RFC 9113 §5.1)", waits + get(3), kClosed},
      {"CONTINUATION behind a whole head (RFC 9113 §6.10)", waits + frame(NGHTTP2_CONTINUATION, kEndHeaders, 3),
       kProtocol},
      // Reset by the client: what follows may be an error (§5.1), and is passed over here.
      {"WINDOW_UPDATE, PRIORITY and RST_STREAM behind a reset (RFC 9113 §5.1)",
       post(3, "/echo") + reset + window + priority + reset, ""},
      {"DATA behind a reset (RFC 9113 §5.1)", post(3, "/echo") + reset + data(3, "x"), ""},
      {"HEADERS behind a reset (RFC 9113 §5.1)", post(3, "/echo") + reset + get(3), ""},
      // Reset by us: what is on its way may still come.
      {"DATA, trailers and RST_STREAM behind a reset of ours (RFC 9113 §5.1)",
       headers(3, request("POST", "/echo", {{"X-Upper", "a"}}), kEndHeaders) + data(3, "on its way") +
           headers(3, {{"x-sum", "1"}}) + reset,
       "RST_STREAM 3 PROTOCOL_ERROR"},
      // Header blocks are in one piece.
      {"a head in pieces (RFC 9113 §4.3)",
       frame(NGHTTP2_HEADERS, kEnd, 3, block.substr(0, 5)) + frame(NGHTTP2_CONTINUATION, 0, 3, block.substr(5, 1)) +
           frame(NGHTTP2_CONTINUATION, 0, 3) + frame(NGHTTP2_CONTINUATION, kEndHeaders, 3, block.substr(6)),
       "200"},
      {"another frame within a head (RFC 9113 §4.3)",
       frame(NGHTTP2_HEADERS, kEnd, 3, block) + frame(NGHTTP2_PING, 0, 0, "12345678"), kProtocol},
      {"another stream's frame within a head (RFC 9113 §4.3)",
       post(3, "/echo") + frame(NGHTTP2_HEADERS, kEnd, 5, block) + data(3, "x"), kProtocol},
      {"a frame of no known type within a head (RFC 9113 §4.3)",
       frame(NGHTTP2_HEADERS, kEnd, 3, block) + frame(0xbf, 0, 3), kProtocol},
      {"another stream's CONTINUATION (RFC 9113 §6.10)",
       post(3, "/echo") + frame(NGHTTP2_HEADERS, kEnd, 5, block) + frame(NGHTTP2_CONTINUATION, kEndHeaders, 3),
       kProtocol},
      {"CONTINUATION behind DATA (RFC 9113 §6.10)",
       post(3, "/echo") + data(3, "x") + frame(NGHTTP2_CONTINUATION, kEndHeaders, 3), kProtocol},
  };
}

}  // namespace http2_test
