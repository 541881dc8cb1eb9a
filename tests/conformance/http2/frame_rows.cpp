#include "http2/row.h"

namespace http2_test {
namespace {

constexpr int kPadded = NGHTTP2_FLAG_PADDED;
constexpr int kAck = NGHTTP2_FLAG_ACK;
constexpr int kPriority = NGHTTP2_FLAG_PRIORITY;

const std::string kProtocol = "GOAWAY PROTOCOL_ERROR";
const std::string kSize = "GOAWAY FRAME_SIZE_ERROR";
const std::string kFlow = "GOAWAY FLOW_CONTROL_ERROR";

/// A frame of so many bytes on stream 3, which is open.
std::string sized(int type, std::size_t size) {
  return post(3, "/echo") + frame(type, 0, 3, std::string(size, '\1'));
}

std::string settings(std::uint16_t id, std::uint32_t value) {
  return frame(NGHTTP2_SETTINGS, 0, 0, setting(id, value));
}

void add_sizes(std::vector<Row>& rows) {
  const std::string body(16'384, 'x');
  rows.insert(
      rows.end(),
      {
          {"DATA of 16 KiB is served (RFC 9113 §4.2)", post(3, "/echo") + data(3, body, kEnd), "200"},
          {"DATA of one byte more (RFC 9113 §4.2)", post(3, "/echo") + data(3, body + "x", kEnd), kSize},
          {"HEADERS longer than we allow (RFC 9113 §4.2)", frame(NGHTTP2_HEADERS, kEnd | kEndHeaders, 3, "", 16'385),
           kSize},
          {"SETTINGS longer than we allow (RFC 9113 §4.2)", frame(NGHTTP2_SETTINGS, 0, 0, "", 16'386), kSize},
          {"a frame of no known type longer than we allow (RFC 9113 §4.2)", frame(0xbf, 0, 0, "", 16'385), kSize},
          {"a frame of 2^24-1 bytes (RFC 9113 §4.2)", frame(NGHTTP2_DATA, 0, 3, "", 0xffffff), kSize},
          {"PRIORITY of 4 bytes (RFC 9113 §6.3, §5.4)", sized(NGHTTP2_PRIORITY, 4), kSize},
          {"PRIORITY of 6 bytes (RFC 9113 §6.3, §5.4)", sized(NGHTTP2_PRIORITY, 6), kSize},
          {"RST_STREAM of 3 bytes (RFC 9113 §6.4)", sized(NGHTTP2_RST_STREAM, 3), kSize},
          {"RST_STREAM of 5 bytes (RFC 9113 §6.4)", sized(NGHTTP2_RST_STREAM, 5), kSize},
          {"WINDOW_UPDATE of 3 bytes (RFC 9113 §6.9)", sized(NGHTTP2_WINDOW_UPDATE, 3), kSize},
          {"WINDOW_UPDATE of 5 bytes (RFC 9113 §6.9)", sized(NGHTTP2_WINDOW_UPDATE, 5), kSize},
          {"PING of 7 bytes (RFC 9113 §6.7)", frame(NGHTTP2_PING, 0, 0, "1234567"), kSize},
          {"PING of 9 bytes (RFC 9113 §6.7)", frame(NGHTTP2_PING, 0, 0, "123456789"), kSize},
          {"SETTINGS of 5 bytes (RFC 9113 §6.5)", frame(NGHTTP2_SETTINGS, 0, 0, "12345"), kSize},
          {"SETTINGS of 7 bytes (RFC 9113 §6.5)", frame(NGHTTP2_SETTINGS, 0, 0, "1234567"), kSize},
          {"an acknowledgement with content (RFC 9113 §6.5)", frame(NGHTTP2_SETTINGS, kAck, 0, setting(3, 1)), kSize},
          {"GOAWAY of 7 bytes (RFC 9113 §6.8)", frame(NGHTTP2_GOAWAY, 0, 0, "1234567"), kSize},
      });
}

void add_streams(std::vector<Row>& rows) {
  const std::string open = post(3, "/echo");
  rows.insert(
      rows.end(),
      {
          {"DATA on stream 0 (RFC 9113 §6.1)", data(0, "x"), kProtocol},
          {"HEADERS on stream 0 (RFC 9113 §6.2)", get(0), kProtocol},
          {"PRIORITY on stream 0 (RFC 9113 §6.3)", frame(NGHTTP2_PRIORITY, 0, 0, word(0) + "x"), kProtocol},
          {"RST_STREAM on stream 0 (RFC 9113 §6.4)", frame(NGHTTP2_RST_STREAM, 0, 0, word(8)), kProtocol},
          {"CONTINUATION on stream 0 (RFC 9113 §6.10)", frame(NGHTTP2_CONTINUATION, 0, 0), kProtocol},
          {"SETTINGS on a stream (RFC 9113 §6.5)", open + frame(NGHTTP2_SETTINGS, 0, 3), kProtocol},
          {"PING on a stream (RFC 9113 §6.7)", open + frame(NGHTTP2_PING, 0, 3, "12345678"), kProtocol},
          {"GOAWAY on a stream (RFC 9113 §6.8)", open + frame(NGHTTP2_GOAWAY, 0, 3, word(0) + word(0)), kProtocol},
          {"a promise from a client (RFC 9113 §8.4)",
           open + frame(NGHTTP2_PUSH_PROMISE, kEndHeaders, 3, word(2) + hpack(request("GET", "/"))), kProtocol},
          {"PRIORITY_UPDATE on a stream (RFC 9218 §7.1)", open + frame(NGHTTP2_PRIORITY_UPDATE, 0, 3, word(3) + "u=1"),
           kProtocol},
          {"PRIORITY_UPDATE of stream 0 (RFC 9218 §7.1)", frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, word(0) + "u=1"),
           kProtocol},
      });
}

void add_padding(std::vector<Row>& rows) {
  const std::string open = post(3, "/echo");
  const std::string block = hpack(request("GET", "/"));
  const int ends = kEnd | kEndHeaders;
  rows.insert(rows.end(),
              {
                  {"padding is no content (RFC 9113 §6.1)",
                   open + data(3, std::string("\3abc\0\0\0", 7), kPadded | kEnd), "200"},
                  {"padding as long as the frame (RFC 9113 §6.1)", open + data(3, "\2a", kPadded), kProtocol},
                  {"padding longer than the frame (RFC 9113 §6.1)", open + data(3, "\xff", kPadded), kProtocol},
                  {"padding and no length of it (RFC 9113 §6.1)", open + data(3, "", kPadded), kProtocol},
                  {"padding of a head (RFC 9113 §6.2)",
                   frame(NGHTTP2_HEADERS, ends | kPadded, 3, "\2" + block + std::string(2, '\0')), "200"},
                  {"padding of a head longer than the frame (RFC 9113 §6.2)",
                   frame(NGHTTP2_HEADERS, ends | kPadded, 3, "\xff" + block), kProtocol},
                  {"padding beside a priority, longer than both (RFC 9113 §6.2)",
                   frame(NGHTTP2_HEADERS, ends | kPadded | kPriority, 3, "\x02" + word(0) + "x" + "a"), kProtocol},
                  {"a priority cut short (RFC 9113 §6.2)", frame(NGHTTP2_HEADERS, ends | kPriority, 3, word(0)), kSize},
                  {"a priority in a head is passed over (RFC 9113 §5.3.2)",
                   frame(NGHTTP2_HEADERS, ends | kPriority, 3, word(0x80000001) + "x" + block), "200"},
              });
}

void add_settings(std::vector<Row>& rows) {
  rows.insert(rows.end(),
              {
                  {"ENABLE_PUSH of 0 and 1 (RFC 9113 §6.5.2)", settings(2, 0) + settings(2, 1), ""},
                  {"ENABLE_PUSH of 2 (RFC 9113 §6.5.2)", settings(2, 2), kProtocol},
                  {"a window of 2^31-1 (RFC 9113 §6.5.2)", settings(4, 0x7fffffff), ""},
                  {"a window of 2^31 (RFC 9113 §6.5.2)", settings(4, 0x80000000), kFlow},
                  {"frames of 16 KiB (RFC 9113 §6.5.2)", settings(5, 16'384), ""},
                  {"frames of one byte less (RFC 9113 §6.5.2)", settings(5, 16'383), kProtocol},
                  {"frames of 2^24-1 bytes (RFC 9113 §6.5.2)", settings(5, 0xffffff), ""},
                  {"frames of one byte more (RFC 9113 §6.5.2)", settings(5, 0x1000000), kProtocol},
                  {"ENABLE_CONNECT_PROTOCOL of 2 (RFC 8441 §3)", settings(8, 2), kProtocol},
                  {"settings that nobody knows (RFC 9113 §6.5.2)", settings(0xf0f0, 0xffffffff) + settings(0, 1), ""},
                  {"no room for fields, and no table (RFC 9113 §6.5.2)", settings(1, 0) + settings(6, 0), ""},
                  {"an acknowledgement of nothing (RFC 9113 §6.5.3)", frame(NGHTTP2_SETTINGS, kAck, 0), kProtocol},
              });
}

void add_windows(std::vector<Row>& rows) {
  const std::string open = post(3, "/echo");
  rows.insert(rows.end(),
              {
                  {"a window of the connection that grows by nothing (RFC 9113 §6.9)",
                   frame(NGHTTP2_WINDOW_UPDATE, 0, 0, word(0)), kProtocol},
                  {"a window of a stream that grows by nothing (RFC 9113 §6.9, §5.4)",
                   open + frame(NGHTTP2_WINDOW_UPDATE, 0, 3, word(0)), kProtocol},
                  {"the connection's window at 2^31-1 (RFC 9113 §6.9.1)",
                   frame(NGHTTP2_WINDOW_UPDATE, 0, 0, word(0x7fffffff - 65'535)), ""},
                  {"the connection's window at 2^31 (RFC 9113 §6.9.1)",
                   frame(NGHTTP2_WINDOW_UPDATE, 0, 0, word(0x7fffffff)), kFlow},
                  {"a stream's window at 2^31 (RFC 9113 §6.9.1)",
                   open + frame(NGHTTP2_WINDOW_UPDATE, 0, 3, word(0x7fffffff)), "RST_STREAM 3 FLOW_CONTROL_ERROR"},
                  {"the reserved bit of an increment (RFC 9113 §6.9)",
                   frame(NGHTTP2_WINDOW_UPDATE, 0, 0, word(0x80000001)), ""},
                  // It would be an error of the connection (§6.9.2); nghttp2 gives up the streams that it is about.
                  {"a window that SETTINGS bring to 2^31 (RFC 9113 §6.9.2)",
                   open + frame(NGHTTP2_WINDOW_UPDATE, 0, 3, word(0x7fffffff - 65'535)) + settings(4, 65'536),
                   "RST_STREAM 3 FLOW_CONTROL_ERROR"},
              });
}

void add_passed_over(std::vector<Row>& rows) {
  rows.insert(rows.end(), {
                              {"a frame of no known type (RFC 9113 §4.1)",
                               frame(0xbf, 0xff, 0, "what") + frame(0xbf, 0, 3, "?"), ""},
                              {"flags that mean nothing (RFC 9113 §4.1)", frame(NGHTTP2_PING, 0xfe, 0, "12345678"), ""},
                              {"the reserved bit of a stream's number (RFC 9113 §4.1)",
                               headers(static_cast<std::int32_t>(0x80000003), request("GET", "/")), "200"},
                              {"an answer to no PING (RFC 9113 §6.7)", frame(NGHTTP2_PING, kAck, 0, "12345678"), ""},
                              {"an error that nobody knows (RFC 9113 §7)",
                               post(3, "/echo") + frame(NGHTTP2_RST_STREAM, 0, 3, word(0xdeadbeef)), ""},
                              {"a PRIORITY of a stream that is not there yet (RFC 9113 §6.3)",
                               frame(NGHTTP2_PRIORITY, 0, 5, word(0) + "x"), ""},
                              {"a PRIORITY_UPDATE of a stream that is not there yet (RFC 9218 §7.1)",
                               frame(NGHTTP2_PRIORITY_UPDATE, 0, 0, word(5) + "u=1"), ""},
                          });
}

}  // namespace

std::vector<Row> frame_rows() {
  std::vector<Row> rows;
  add_sizes(rows);
  add_streams(rows);
  add_padding(rows);
  add_settings(rows);
  add_windows(rows);
  add_passed_over(rows);
  return rows;
}

}  // namespace http2_test
