// Dispatcher: a built router, shared and never changed, that a server hands its requests to.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondeau/handler/response_future.h>
#include <rondeau/http/request.h>
#include <rondeau/schema/operation.h>

namespace rondeau::routing {

/// One line of a route table, for people.
struct RouteLine {
  std::string method;  ///< "GET", or "*"
  std::string pattern;
  std::string place;                ///< file:line where it was added
  std::vector<std::string> layers;  ///< the class, or file:line, of each, in the order they run
  std::vector<std::string> guards;  ///< what each looks at
  std::string host;                 ///< "api.example.org"; empty: any
  std::string id;                   ///< of the operation
  std::optional<std::size_t> body_limit;
  bool reads_body = false;
  bool has_auth = false;                       ///< a layer or a parameter lets nobody in who is not known
  std::vector<std::string> unread_parameters;  ///< of the pattern
};

/// Finds the route of a request and runs its layers and handler.
///
/// Thread safety: any thread. Lifetime: whoever handles a request holds the shared pointer until the answer is
/// complete, so that a router may be replaced while it serves.
class Dispatcher {
 public:
  struct Tables;
  explicit Dispatcher(std::unique_ptr<const Tables> tables) noexcept;
  ~Dispatcher();
  Dispatcher(const Dispatcher&) = delete;
  Dispatcher& operator=(const Dispatcher&) = delete;

  /// `Response response = co_await dispatcher->handle(std::move(request));` Without a handler that waits the answer is
  /// there at once, and no frame was made.
  ///
  /// An exception comes out only where the layer Slot::Catch was taken away. HEAD runs the GET route; leaving its body
  /// out is for whoever sends. Cancellation: destroying the future ends the handler. Lifetime: a borrowed request's
  /// block outlives the answer and its body.
  handler::ResponseFuture handle(http::Request request) const {
    handler::ResponseFuture answer;
    handle(std::move(request), answer);
    return answer;
  }
  /// The same into a place of the caller's, which is empty before.
  void handle(http::Request request, handler::ResponseFuture& answer) const;

  /// All routes, in the order they were added.
  std::vector<RouteLine> routes() const;
  /// What they take and give, hidden ones too, in the same order.
  std::vector<schema::Operation> operations() const;
  /// What is legal and seldom meant: one sentence each, with method, pattern and place.
  std::vector<std::string> lint() const;

 private:
  friend class LiveRoutes;
  std::unique_ptr<const Tables> tables_;
};

}  // namespace rondeau::routing
