// State<T>: the application's own things, or one member of them.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include <rondeau/extract/extractor.h>
#include <rondeau/reflect/members.h>

namespace rondeau {

/// Specialise with `static T& get(App& app);` where App is no aggregate or has several members of type T.
template <class App, class T>
struct SubState {
  using NotSpecialised = void;
};

namespace extract {

/// A reference to the router's state, used like a pointer: `app->links`.
///
/// T is the router's state type, or the type of exactly one of its members. One object serves all requests at once, so
/// it guards itself. Lifetime: the router's, which outlives every request.
template <class T>
class State {
 public:
  explicit State(T& state) noexcept : state_(&state) {}
  T& operator*() const noexcept { return *state_; }
  T* operator->() const noexcept { return state_; }

 private:
  T* state_;
};

template <class T, class... M>
consteval std::size_t count_type(reflect::Members<M...>*) {
  return (static_cast<std::size_t>(std::is_same_v<T, M>) + ... + 0);
}
template <class T, class... M>
consteval std::size_t index_of_type(reflect::Members<M...>*) {
  std::size_t index = 0;
  static_cast<void>(((std::is_same_v<T, M> || (++index, false)) || ...));
  return index;
}

template <class App, class T>
consteval bool has_state() {
  if constexpr (std::is_same_v<App, T> || !requires { typename SubState<App, T>::NotSpecialised; }) {
    return true;
  } else if constexpr (std::is_aggregate_v<App> && !std::is_empty_v<App>) {
    return count_type<T>(static_cast<reflect::MembersOf<App>*>(nullptr)) == 1;
  } else {
    return false;
  }
}

template <class App, class T>
T& get_state(App& app) {
  if constexpr (std::is_same_v<App, T>) {
    return app;
  } else if constexpr (!requires { typename SubState<App, T>::NotSpecialised; }) {
    return SubState<App, T>::get(app);
  } else {
    constexpr std::size_t index = index_of_type<T>(static_cast<reflect::MembersOf<App>*>(nullptr));
    // The member belongs to an object that is not const.
    return *static_cast<T*>(const_cast<void*>(reflect::members_of(std::as_const(app)).at[index]));
  }
}

}  // namespace extract

using extract::State;

template <class T>
struct Extract<State<T>> {
  static constexpr bool kNeedsState = true;
  template <class App>
  static constexpr bool fits = extract::has_state<App, T>();
  template <class App>
  static bool extract(extract::Context&, App& app, State<T>* slot, Rejection&) {
    std::construct_at(slot, extract::get_state<App, T>(app));
    return true;
  }
};

}  // namespace rondeau
