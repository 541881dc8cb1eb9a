// Endpoint: from a WebSocket handler to an ErasedHandler that answers handshakes. Used by Router::ws.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include <rondeau/handler/checks.h>
#include <rondeau/handler/make_handler.h>
#include <rondeau/reflect/describe.h>
#include <rondeau/response/into_response.h>
#include <rondeau/websocket/handshake.h>
#include <rondeau/websocket/options.h>
#include <rondeau/websocket/served.h>

namespace rondeau::websocket {

template <class In, class Out>
class WebSocket;

/// What a WebSocket route answers, for documents.
struct Upgraded {};

}  // namespace rondeau::websocket

template <>
struct rondeau::IntoResponse<rondeau::websocket::Upgraded> {
  static void describe(schema::Operation& operation);
};

namespace rondeau::websocket {

template <class T>
inline constexpr bool is_web_socket = false;
template <class In, class Out>
inline constexpr bool is_web_socket<WebSocket<In, Out>> = true;

template <class T>
inline constexpr bool is_message = std::is_same_v<T, Message> || reflect::is_described<T>;
template <class T>
inline constexpr bool has_message_form = true;
template <class In, class Out>
inline constexpr bool has_message_form<WebSocket<In, Out>> = is_message<In>&& is_message<Out>;

/// Cuts the last parameter off.
template <class Front, class... A>
struct SplitLast {
  using Last = void;
};
template <class... Front, class Only>
struct SplitLast<handler::Parameters<Front...>, Only> {
  using Last = Only;
  using Extractors = handler::Parameters<Front...>;
};
template <class... Front, class First, class Second, class... A>
struct SplitLast<handler::Parameters<Front...>, First, Second, A...>
    : SplitLast<handler::Parameters<Front..., First>, Second, A...> {};

template <class Taken>
struct Split;
template <class... A>
struct Split<handler::Parameters<A...>> : SplitLast<handler::Parameters<>, A...> {};

template <class... A>
consteval bool leaves_request(handler::Parameters<A...>*) {
  return handler::count_body_readers<A...> == 0 && !(extract::borrows_request<A>() || ...);
}

template <class R>
inline constexpr bool is_result = std::is_same_v<R, task::Task<void>> || std::is_same_v<R, task::Task<Result<void>>>;

/// All of it. False after a sentence was said.
template <class Pattern, class App, class F>
consteval bool check_endpoint() {
  if constexpr (!handler::Signature<F>::kKnown) {
    static_assert(handler::Signature<F>::kKnown,
                  "rondeau: a handler is a plain function or a lambda whose parameters all have a type");
    return false;
  } else if constexpr (handler::Signature<F>::kMutable) {
    static_assert(!handler::Signature<F>::kMutable,
                  "rondeau: all requests share one handler, so its operator() is const (no mutable lambda)");
    return false;
  } else {
    using Parts = Split<typename handler::Signature<F>::Taken>;
    using Last = typename Parts::Last;
    if constexpr (!is_web_socket<Last>) {
      static_assert(is_web_socket<Last>,
                    "rondeau: the last parameter of a WebSocket handler is a WebSocket<>, by value; WebSocket<In, Out> "
                    "where its messages are structs");
      return false;
    } else if constexpr (!has_message_form<Last>) {
      static_assert(has_message_form<Last>,
                    "rondeau: this type has no JSON form; make it an aggregate or specialise rondeau::JsonFor<T>");
      return false;
    } else if constexpr (!handler::check_parameters<Pattern, App>(static_cast<typename Parts::Extractors*>(nullptr))) {
      return false;
    } else if constexpr (!leaves_request(static_cast<typename Parts::Extractors*>(nullptr))) {
      static_assert(leaves_request(static_cast<typename Parts::Extractors*>(nullptr)),
                    "rondeau: a WebSocket handler outlives its request, which has no body; take what you need of it as "
                    "Path, Query, Header or State");
      return false;
    } else {
      static_assert(is_result<typename handler::Signature<F>::Result>,
                    "rondeau: a WebSocket handler is a coroutine that returns Task<void> or Task<Result<void>>");
      return is_result<typename handler::Signature<F>::Result>;
    }
  }
}

/// What is compiled per handler.
template <class App, class F, class Socket, class Extractors>
struct EndpointErasure;
template <class App, class F, class Socket, class... A>
struct EndpointErasure<App, F, Socket, handler::Parameters<A...>> {
  struct Closure {
    std::shared_ptr<const F> function;
    Options options;
  };

  class Bound final : public Served {
   public:
    explicit Bound(std::shared_ptr<const F> function) : function_(std::move(function)) {}
    handler::ArgumentsOf<A...> arguments;

   private:
    task::Task<Result<void>> call(SessionPtr session) override {
      if constexpr (std::is_same_v<typename handler::Signature<F>::Result, task::Task<void>>) {
        return finish(arguments.pass_to(*function_, Socket(session)));
      } else {
        return arguments.pass_to(*function_, Socket(session));
      }
    }
    static task::Task<Result<void>> finish(task::Task<void> handler) {
      co_await std::move(handler);
      co_return Result<void>();
    }
    const std::shared_ptr<const F> function_;  // the coroutine's captures
  };

  static void call(const void* closure, extract::Context& context, handler::ResponseFuture& out) {
    const Closure& self = *static_cast<const Closure*>(closure);
    Handshake handshake;
    if (!handshake.check(context.request(), self.options, out)) return;
    auto bound = std::make_unique<Bound>(self.function);
    if constexpr (sizeof...(A) > 0) {
      Rejection rejection;
      if (!bound->arguments.template extract<App>(context, rejection)) {
        return handler::answer_rejection(context.request(), rejection, out);
      }
    }
    handshake.accept(std::move(bound), out);
  }
  /// Nothing is waited for where there is no handshake.
  static task::Task<void> call_waiting(const void* closure, http::RequestBlock& block, void* state,
                                       handler::ResponseFuture& out) {
    const Closure& self = *static_cast<const Closure*>(closure);
    const http::Request request(block);
    Handshake handshake;
    if (!handshake.check(request, self.options, out)) co_return;
    auto bound = std::make_unique<Bound>(self.function);
    Rejection rejection;
    if (!co_await handler::extract_waiting<App, A...>(bound->arguments, block, state, rejection)) {
      handler::answer_rejection(request, rejection, out);
      co_return;
    }
    handshake.accept(std::move(bound), out);
  }
  static constexpr handler::ErasedHandler::CallWaiting waiting() {
    if constexpr ((handler::must_prepare<extract::Unwrapped<A>> || ...)) {
      return &call_waiting;
    } else {
      return nullptr;
    }
  }
  static void destroy(const void* closure) { delete static_cast<const Closure*>(closure); }
};

template <class App, class F>
struct Endpoint {
  using Options = websocket::Options;

  template <class Pattern>
  static consteval bool check() {
    return check_endpoint<Pattern, App, F>();
  }
  /// F has passed check(). The result owns the closure and its captures; so does each open WebSocket.
  static handler::ErasedHandler make(F function, Options options) {
    using Parts = Split<typename handler::Signature<F>::Taken>;
    return make_from<typename Parts::Last>(std::move(function), std::move(options),
                                           static_cast<typename Parts::Extractors*>(nullptr));
  }

 private:
  template <class Socket, class... A>
  static handler::ErasedHandler make_from(F function, Options options, handler::Parameters<A...>*) {
    using Made = EndpointErasure<App, F, Socket, handler::Parameters<A...>>;
    auto shared = std::make_shared<const F>(std::move(function));
    return {new typename Made::Closure{std::move(shared), std::move(options)}, &Made::destroy, &Made::call,
            Made::waiting(), &handler::Info<App, Upgraded, A...>::kValue};
  }
};

}  // namespace rondeau::websocket
