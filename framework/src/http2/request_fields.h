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
  enum class Verdict : std::uint8_t {
    Kept,
    TooLarge,   ///< it will be refused; the rest is only counted
    Excessive,  ///< so large that the connection has to end
  };

  explicit RequestFields(std::size_t max_list) noexcept : max_list_(max_list) {}

  /// Takes a field, pseudo-header fields first, as HPACK gives them.
  Verdict add(std::string_view name, std::string_view value);

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
  std::string cookie_;
  std::string text_;
  bool malformed_ = false;
  bool hosts_differ_ = false;
  bool too_large_ = false;
};

}  // namespace rondeau::http2
