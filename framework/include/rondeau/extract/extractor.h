// Extract<T>: how a handler's parameter of type T is made from a request.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/extract/context.h>
#include <rondeau/extract/rejection.h>
#include <rondeau/schema/operation.h>

namespace rondeau {

/// Specialise to make T a handler's parameter.
///
///     template <> struct rondeau::Extract<Tenant> {
///       static bool extract(extract::Context& context, Tenant* slot, Rejection& rejection);
///     };
///
/// extract() constructs a T at `slot` (`std::construct_at(slot, …)`) and returns true; or fills `rejection` and returns
/// false. It runs before the handler, does not wait, and its value owns what it holds. May be added:
/// `static constexpr bool reads_body = true;` – the whole body is in memory when extract() runs, within the route's
/// limit; `template <class App> static constexpr bool fits` with
/// `template <class App> static bool extract(Context&, App&, T*, Rejection&)` – needs the router's state;
/// `static void describe(schema::Operation& operation)` – what documents tell of it.
template <class T>
struct Extract {
  using NotSpecialised = void;
};

}  // namespace rondeau

namespace rondeau::extract {

/// A value that came out of a request: used like a pointer to it.
template <class T>
struct Extracted {
  T value;

  T& operator*() & noexcept { return value; }
  const T& operator*() const& noexcept { return value; }
  T&& operator*() && noexcept { return std::move(value); }
  T* operator->() noexcept { return std::addressof(value); }
  const T* operator->() const noexcept { return std::addressof(value); }
};

/// What stands inside std::optional<E> and Result<E, Rejection>.
template <class T>
struct Unwrap {
  using type = T;
  static constexpr schema::Wrapped kWrapped = schema::Wrapped::Plain;
};
template <class T>
struct Unwrap<std::optional<T>> {
  using type = T;
  static constexpr schema::Wrapped kWrapped = schema::Wrapped::Optional;
};
template <class T>
struct Unwrap<Result<T, Rejection>> {
  using type = T;
  static constexpr schema::Wrapped kWrapped = schema::Wrapped::Result;
};
template <class T>
using Unwrapped = typename Unwrap<T>::type;

template <class T>
concept StatelessExtractor = requires(Context& context, T* slot, Rejection& rejection) {
  { Extract<T>::extract(context, slot, rejection) } -> std::same_as<bool>;
};
/// Says itself by `fits<App>` which states it can live with.
template <class T>
concept StatefulExtractor = requires { Extract<T>::kNeedsState; };
template <class T>
concept Extractor = StatelessExtractor<Unwrapped<T>> || StatefulExtractor<Unwrapped<T>>;

/// Whether T takes the request's body, whole or as a stream.
template <class T>
consteval bool reads_body() {
  if constexpr (requires { Extract<Unwrapped<T>>::reads_body; }) {
    return Extract<Unwrapped<T>>::reads_body;
  } else {
    return false;
  }
}
/// Whether T refers to the request as long as it lives, beside those that read the body.
template <class T>
consteval bool borrows_request() {
  return requires { Extract<Unwrapped<T>>::borrows_request; };
}
/// Whether T takes the body as it arrives, so that nobody reads it before.
template <class T>
consteval bool streams_body() {
  if constexpr (requires { Extract<Unwrapped<T>>::streams_body; }) {
    return Extract<Unwrapped<T>>::streams_body;
  } else {
    return false;
  }
}

/// Makes one parameter; `App` is the type of the router's state.
template <class App, class T>
struct Extraction {
  static bool run(Context& context, T* slot, Rejection& rejection) {
    if constexpr (StatefulExtractor<T>) {
      return Extract<T>::extract(context, *static_cast<App*>(context.state()), slot, rejection);
    } else {
      return Extract<T>::extract(context, slot, rejection);
    }
  }
};

/// Room for an extracted value on its way.
template <class T>
union Room {
  Room() noexcept {}
  ~Room() {}
  T value;
};

template <class App, class T>
struct Extraction<App, std::optional<T>> {
  static bool run(Context& context, std::optional<T>* slot, Rejection& rejection) {
    Room<T> room;
    if (Extraction<App, T>::run(context, &room.value, rejection)) {
      std::construct_at(slot, std::move(room.value));
      std::destroy_at(&room.value);
      return true;
    }
    if (!rejection.absent) return false;
    rejection = Rejection();
    std::construct_at(slot);
    return true;
  }
};

template <class App, class T>
struct Extraction<App, Result<T, Rejection>> {
  static bool run(Context& context, Result<T, Rejection>* slot, Rejection& rejection) {
    Room<T> room;
    if (Extraction<App, T>::run(context, &room.value, rejection)) {
      std::construct_at(slot, std::move(room.value));
      std::destroy_at(&room.value);
    } else {
      std::construct_at(slot, Unexpected{std::move(rejection)});
      rejection = Rejection();
    }
    return true;
  }
};

}  // namespace rondeau::extract
