#include <rondeau/handler/response_future.h>

namespace rondeau::handler {

task::Task<http::Response> ResponseFuture::ready_task(http::Response response) {
  co_return std::move(response);
}

}  // namespace rondeau::handler
