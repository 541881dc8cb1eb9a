#include <rondeau/middleware/finish.h>

#include <utility>

#include <rondeau/middleware/timeout.h>
#include <rondeau/task/shield.h>

namespace rondeau::middleware {

task::Task<http::Response> Finish::wrap(task::Task<http::Response> inside, http::Request request) const {
  const HandlerTimeout bound{limit};
  co_return co_await task::shield(bound.wrap(std::move(inside), std::move(request)));
}

}  // namespace rondeau::middleware
