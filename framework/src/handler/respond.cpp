#include <rondeau/handler/make_handler.h>

namespace rondeau::handler {

task::Task<http::Response> respond(ErasedTask handler, http::RequestBlock& block) {
  const http::Request request(block);
  co_return co_await std::move(handler).answer(request);
}

}  // namespace rondeau::handler
