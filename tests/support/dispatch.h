// Requests into a router, without a connection.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <doctest/doctest.h>

#include <rondeau/base/assert.h>
#include <rondeau/handler/response_future.h>
#include <rondeau/http/request.h>
#include <rondeau/routing/router.h>
#include <rondeau/runtime/runtime.h>

namespace support {

using Fields = std::initializer_list<std::pair<std::string_view, std::string_view>>;

inline rondeau::Request make_request(rondeau::Method method, std::string_view target, Fields fields = {},
                                     std::string_view body = {}) {
  rondeau::Headers headers;
  for (const auto& [name, value] : fields) headers.append(name, value).value();
  return std::move(rondeau::Request::make(method, target, headers, rondeau::Bytes::copy_of(body)).value());
}

/// The answer, on a runtime of this thread where it has to be waited for.
inline rondeau::Response wait(rondeau::handler::ResponseFuture future) {
  if (future.is_ready()) return future.take();
  auto runtime = rondeau::runtime::Builder::current_thread().build();
  return runtime.value().block_on(std::move(future).into_task());
}

/// One router, asked as often as one likes. Requests are borrowed, as from a connection.
class Asked {
 public:
  template <class App>
  explicit Asked(const rondeau::Router<App>& router) : dispatcher_(router.build().value()) {}

  rondeau::Response ask(rondeau::Method method, std::string_view target, Fields fields = {},
                        std::string_view body = {}) {
    last_ = std::make_unique<rondeau::Request>(make_request(method, target, fields, body));
    return wait(dispatcher_->handle(rondeau::Request(last_->block())));
  }
  rondeau::Response get(std::string_view target, Fields fields = {}) {
    return ask(rondeau::Method::Get, target, fields);
  }
  rondeau::Response post(std::string_view target, Fields fields, std::string_view body) {
    return ask(rondeau::Method::Post, target, fields, body);
  }
  std::string text(std::string_view target) { return std::string(get(target).body().view()); }
  /// The last request.
  rondeau::Request& request() { return *last_; }
  const rondeau::routing::Dispatcher& dispatcher() const { return *dispatcher_; }

 private:
  std::shared_ptr<const rondeau::routing::Dispatcher> dispatcher_;
  std::unique_ptr<rondeau::Request> last_;
};

inline unsigned status(const rondeau::Response& response) {
  return rondeau::http::code(response.status());
}
inline std::string body(const rondeau::Response& response) {
  return std::string(response.body().view());
}
inline std::string field(const rondeau::Response& response, std::string_view name) {
  return std::string(response.headers().get(name).value_or("(none)"));
}

}  // namespace support
