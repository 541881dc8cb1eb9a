// RequestFields: the header block of one request, turned into a head like any other.
//
// The fields are written down as a request of HTTP/1.1 and read by the one parser there is, so that target, Host,
// Content-Length and every field pass the same checks whatever they came in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondeau/http/limits.h>
#include <rondeau/http/request.h>

#include "http/refusal.h"

namespace rondeau::http2 {

class RequestFields {
 public:
  /// Beyond so many times the limit a block is not even counted any more: the connection has to end.
  static constexpr std::size_t kExcess = 4;
  /// What a field counts (RFC 9113 §6.5.2).
  static constexpr std::size_t size_of(std::size_t name, std::size_t value) noexcept { return name + value + 32; }

  explicit RequestFields(std::size_t max_list) noexcept : max_list_(max_list) {}

  /// Takes a field, pseudo-header fields first, as HPACK gives them. False: there are too many; it will be refused.
  bool add(std::string_view name, std::string_view value);

  /// The block is complete: fills `block.head`, whose bytes stay in `block.storage`. `has_body`: DATA will follow.
  /// A refusal concerns this request alone.
  http::Refusal finish(http::RequestBlock& block, bool has_body, const http::Limits& limits);

 private:
  void write_request_line();

  const std::size_t max_list_;
  std::size_t size_ = 0;  // as SETTINGS_MAX_HEADER_LIST_SIZE counts it
  std::string method_;
  std::string path_;
  std::string scheme_;
  std::string authority_;
  std::string protocol_;
  std::string cookie_;
  std::string text_;
  bool malformed_ = false;
  bool hosts_differ_ = false;
  bool too_large_ = false;
};

}  // namespace rondeau::http2
