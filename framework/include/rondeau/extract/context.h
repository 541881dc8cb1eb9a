// Context: what an extractor may look at – the request, and the state of the router.
#pragma once

#include <rondeau/http/request.h>

namespace rondeau::extract {

/// One request on its way into a handler. Lifetime: until the handler was called; extractors keep nothing of it.
class Context {
 public:
  Context(http::RequestBlock& block, void* state) noexcept : request_(block), state_(state) {}

  http::Request& request() noexcept { return request_; }
  const http::Request& request() const noexcept { return request_; }
  /// The router's state, of the type the route was checked against; nullptr where there is none.
  void* state() const noexcept { return state_; }

 private:
  http::Request request_;
  void* state_;
};

}  // namespace rondeau::extract
