// RequestKey: by what a limit tells its clients apart.
#pragma once

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <rondeau/http/request.h>

namespace rondeau::middleware {

/// Gives a request the text that it is counted under. Thread safety: any thread, if the function given to by() is.
class RequestKey {
 public:
  using Function = std::function<std::optional<std::string>(http::Request&)>;

  /// By the client's address as ClientIp tells it; one of version 6 counts by its /64, which is what one customer gets.
  /// Requests that came over no such connection count together.
  static RequestKey by_client();
  /// By a field, such as an API key; requests without it, or with two, by the client's address.
  ///
  /// Whatever the field says is taken for true. Before it was checked a client chooses what it is counted under, and
  /// has a new account with each text it makes up: a limit by a field belongs into Slot::IdentityRateLimit, inside of
  /// what checks it, and one by_client() stays outside.
  static RequestKey by_header(std::string name);
  /// By what `key(request)` gives: a text, or nullopt for requests that do not count.
  template <class F>
    requires std::is_invocable_r_v<std::optional<std::string>, const F&, http::Request&>
  static RequestKey by(F key) {
    return RequestKey(Function(std::move(key)));
  }
  /// By a text in the T that a layer outside attached to the request: `by_extension<User>(&User::id)`. Requests without
  /// one count by the client's address.
  template <class T, class Projection>
  static RequestKey by_extension(Projection projection) {
    return RequestKey([projection](http::Request& request) -> std::optional<std::string> {
      const T* value = request.extensions().get<T>();
      if (value == nullptr) return client_key(request);
      return "x" + std::string(std::invoke(projection, *value));
    });
  }

  std::optional<std::string> operator()(http::Request& request) const { return function_(request); }

 private:
  explicit RequestKey(Function function) : function_(std::move(function)) {}
  static std::string client_key(http::Request& request);

  Function function_;
};

}  // namespace rondeau::middleware

namespace rondeau {
using middleware::RequestKey;
}
