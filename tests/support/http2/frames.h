// Frames of HTTP/2 by hand: what a peer sends, and what it makes of what it gets.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace http2_test {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Frame {
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::int32_t id = 0;
  std::string payload;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  /// The number at that place of the payload: an error code, a window.
  std::uint32_t word(std::size_t at = 0) const {
    std::uint32_t number = 0;
    for (std::size_t i = at; i < at + 4; ++i) number = number << 8 | static_cast<std::uint8_t>(payload.at(i));
    return number;
  }
};

inline std::string word(std::uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
  return out;
}

/// `length` stands in the head in place of the payload's where it is given.
inline std::string frame(int type, int flags, std::int32_t id, std::string_view payload = {}, int length = -1) {
  const std::uint32_t size = length < 0 ? static_cast<std::uint32_t>(payload.size()) : static_cast<std::uint32_t>(length);
  std::string out = word(size).substr(1);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out + word(static_cast<std::uint32_t>(id)) + std::string(payload);
}

/// A literal without indexing, as HPACK has it.
inline std::string hpack(const Fields& fields) {
  std::string out;
  const auto text = [&](std::string_view value) {
    if (value.size() < 127) {
      out += static_cast<char>(value.size());
    } else {
      out += '\x7f';
      std::size_t rest = value.size() - 127;
      for (; rest >= 128; rest >>= 7) out += static_cast<char>(0x80 | (rest & 0x7f));
      out += static_cast<char>(rest);
    }
    out += value;
  };
  for (const auto& [name, value] : fields) {
    out += '\0';
    text(name);
    text(value);
  }
  return out;
}

inline constexpr int kEnd = NGHTTP2_FLAG_END_STREAM;
inline constexpr int kEndHeaders = NGHTTP2_FLAG_END_HEADERS;

inline std::string preface() {
  return "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(NGHTTP2_SETTINGS, 0, 0);
}
inline std::string setting(std::uint16_t id, std::uint32_t value) {
  return std::string{static_cast<char>(id >> 8), static_cast<char>(id)} + word(value);
}
/// A header block, in frames of 16 KiB at most.
inline std::string headers(std::int32_t id, const Fields& fields, int flags = kEnd | kEndHeaders) {
  std::string block = hpack(fields);
  std::string out;
  int type = NGHTTP2_HEADERS;
  for (; block.size() > 16'384; block.erase(0, 16'384)) {
    out += frame(type, flags & ~kEndHeaders, id, block.substr(0, 16'384));
    type = NGHTTP2_CONTINUATION;
    flags = kEndHeaders;
  }
  return out + frame(type, flags, id, block);
}
inline Fields request(std::string method, std::string path, const Fields& more = {}) {
  Fields fields{{":method", std::move(method)}, {":scheme", "http"}, {":authority", "test"}, {":path", std::move(path)}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}
inline std::string get(std::int32_t id, std::string path = "/", const Fields& more = {}) {
  return headers(id, request("GET", std::move(path), more));
}
/// The head of a request whose body follows.
inline std::string post(std::int32_t id, std::string path = "/", const Fields& more = {}) {
  return headers(id, request("POST", std::move(path), more), kEndHeaders);
}
inline std::string data(std::int32_t id, std::string_view content, int flags = 0) {
  return frame(NGHTTP2_DATA, flags, id, content);
}

/// Cuts what a server sends into frames, and reads its header blocks.
class Client {
 public:
  Client() {
    if (nghttp2_hd_inflate_new(&inflater_) != 0) throw std::bad_alloc();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { nghttp2_hd_inflate_del(inflater_); }

  void feed(std::string_view bytes) {
    rest_ += bytes;
    while (rest_.size() >= 9) {
      Frame next;
      const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(rest_[i])); };
      const std::size_t size = at(0) << 16 | at(1) << 8 | at(2);
      if (rest_.size() < 9 + size) return;
      next.type = static_cast<std::uint8_t>(at(3));
      next.flags = static_cast<std::uint8_t>(at(4));
      next.id = static_cast<std::int32_t>((at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8)) & 0x7fffffff);
      next.payload = rest_.substr(9, size);
      rest_.erase(0, 9 + size);
      if (next.type == NGHTTP2_HEADERS) heads_.emplace_back(next.id, inflate(next.payload));
      frames_.push_back(std::move(next));
    }
  }

  const std::vector<Frame>& frames() const { return frames_; }
  std::vector<Frame> of_type(int type, std::int32_t id = -1) const {
    std::vector<Frame> found;
    for (const Frame& each : frames_) {
      if (each.type == type && (id < 0 || each.id == id)) found.push_back(each);
    }
    return found;
  }
  /// The field of the last head of that stream; empty where there is none.
  std::string field(std::int32_t id, std::string_view name) const {
    std::string found;
    for (const auto& [stream, fields] : heads_) {
      if (stream != id) continue;
      for (const auto& [key, value] : fields) {
        if (key == name) found = value;
      }
    }
    return found;
  }
  std::string status(std::int32_t id) const { return field(id, ":status"); }
  std::string body(std::int32_t id) const {
    std::string content;
    for (const Frame& each : of_type(NGHTTP2_DATA, id)) content += each.payload;
    return content;
  }
  bool ended(std::int32_t id) const {
    for (const Frame& each : frames_) {
      if (each.id == id && (each.type == NGHTTP2_DATA || each.type == NGHTTP2_HEADERS) && each.has(kEnd)) return true;
    }
    return false;
  }
  /// "GOAWAY ENHANCE_YOUR_CALM", else "RST_STREAM 5 REFUSED_STREAM" of the last stream, else nothing: all is well.
  std::string trouble() const {
    std::string found;
    for (const Frame& each : frames_) {
      if (each.type == NGHTTP2_RST_STREAM) found = "RST_STREAM " + std::to_string(each.id) + " " + name(each.word());
    }
    for (const Frame& each : of_type(NGHTTP2_GOAWAY)) found = "GOAWAY " + name(each.word(4));
    return found;
  }

 private:
  static std::string name(std::uint32_t code) { return nghttp2_http2_strerror(code); }

  Fields inflate(const std::string& block) {
    Fields fields;
    const auto* in = reinterpret_cast<const std::uint8_t*>(block.data());
    for (std::size_t left = block.size();;) {
      nghttp2_nv field;
      int flags = 0;
      const ssize_t used = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, in, left, 1);
      if (used < 0) throw std::runtime_error("a header block that is none");
      in += used;
      left -= static_cast<std::size_t>(used);
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        fields.emplace_back(std::string(reinterpret_cast<char*>(field.name), field.namelen),
                            std::string(reinterpret_cast<char*>(field.value), field.valuelen));
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_);
    return fields;
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
  std::string rest_;
  std::vector<Frame> frames_;
  std::vector<std::pair<std::int32_t, Fields>> heads_;
};

}  // namespace http2_test
