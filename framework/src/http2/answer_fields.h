// AnswerFields: the fields of an answer as nghttp2 takes them.
#pragma once

#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include <rondeau/base/result.h>
#include <rondeau/http/response.h>

#include "http/response_encoder.h"

namespace rondeau::http2 {

/// Refers to the response and to `context`; nghttp2 copies what it is given. Made anew for each answer.
class AnswerFields {
 public:
  /// Errors: as http::encode_head().
  Result<void> fill(const http::Response& response, const http::AnswerContext& context);
  /// A head before the answer's.
  void fill(http::StatusCode status, const http::Headers& headers);

  /// The fields behind a body, without those that may not stand there.
  void fill_trailers(const http::Headers& trailers);

  const std::vector<nghttp2_nv>& fields() const noexcept { return fields_; }
  /// What the body has to look like: None, Whole, Counted, or Chunked for a stream of unknown length.
  const http::EncodedHead& head() const noexcept { return head_; }

 private:
  void begin(http::StatusCode status);
  void add(std::string_view name, std::string_view value, bool secret = false);

  std::vector<nghttp2_nv> fields_;
  http::EncodedHead head_{};
  char status_[3] = {};
  char length_[20] = {};
};

}  // namespace rondeau::http2
