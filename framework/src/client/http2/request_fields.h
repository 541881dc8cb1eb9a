// RequestFields: the fields of a request as nghttp2 takes them.
#pragma once

#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "client/attempt.h"

namespace rondeau::client::http2 {

/// Refers to what it is filled from; nghttp2 copies what it is given.
class RequestFields {
 public:
  void fill(const Attempt& attempt);
  /// The fields behind a body, without those that may not stand there.
  void fill_trailers(const http::Headers& trailers);

  const std::vector<nghttp2_nv>& fields() const noexcept { return fields_; }

 private:
  enum class Secret : bool { No, Yes };
  void add(std::string_view name, std::string_view value, Secret secret = Secret::No);

  std::vector<nghttp2_nv> fields_;
  char length_[20] = {};
};

}  // namespace rondeau::client::http2
