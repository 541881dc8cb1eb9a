// EarlyHints: to tell the peer something before the answer.
#pragma once

#include <initializer_list>
#include <string_view>

#include <rondeau/extract/extractor.h>

namespace rondeau::extract {

/// Sends a 103 while the handler works: `co_await` something after `hints.send({"</app.css>; rel=preload; as=style"})`.
///
/// Lifetime: the handler's.
class EarlyHints {
 public:
  explicit EarlyHints(http::RequestBlock& block) noexcept : request_(block) {}

  /// As Request::early_hints().
  Result<void> send(std::initializer_list<std::string_view> links) const { return request_.early_hints(links); }

 private:
  http::Request request_;
};

}  // namespace rondeau::extract

namespace rondeau {

using extract::EarlyHints;

template <>
struct Extract<EarlyHints> {
  static constexpr bool borrows_request = true;
  static bool extract(extract::Context& context, EarlyHints* slot, Rejection&) {
    std::construct_at(slot, context.request().block());
    return true;
  }
};

}  // namespace rondeau
