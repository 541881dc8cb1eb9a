// How an extractor finds what checks its credentials: among the members of the router's state, at compile time.
//
// A checker is a class with `Result<T, Denied> check(const BearerToken&) const` – or of BasicCredentials, ApiKeyText –
// where T is what the handler takes. One that has a `std::string realm` names it in answers.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include <rondeau/auth/credentials.h>
#include <rondeau/extract/extractor.h>
#include <rondeau/extract/state.h>
#include <rondeau/http/personal.h>
#include <rondeau/task/task.h>

namespace rondeau::auth {

template <class C, class Credentials, class T>
concept PlainChecker = requires(const C& checker, const Credentials& credentials) {
  { checker.check(credentials) } -> std::same_as<Result<T, Denied>>;
};
/// One check for many types, as JwtVerifier's.
template <class C, class Credentials, class T>
concept GenericChecker = requires(const C& checker, const Credentials& credentials) {
  { checker.template check<T>(credentials) } -> std::same_as<Result<T, Denied>>;
};
template <class R>
inline constexpr bool is_waited_for = false;
template <class R>
inline constexpr bool is_waited_for<task::Task<R>> = true;

/// A check that has to be waited for, which an extractor cannot.
template <class C, class Credentials>
concept WaitingChecker = requires(const C& checker, const Credentials& credentials) {
  requires is_waited_for<decltype(checker.check(credentials))>;
};

/// One that is made for T goes before one for many types.
enum class Made { ForIt, ForMany };
template <Made How, class C, class Credentials, class T>
inline constexpr bool checks =
    How == Made::ForIt ? PlainChecker<C, Credentials, T> : GenericChecker<C, Credentials, T>;

template <Made How, class Credentials, class T, class... M>
consteval std::size_t count_checkers(reflect::Members<M...>*) {
  return (static_cast<std::size_t>(checks<How, M, Credentials, T>) + ... + 0);
}
template <class Credentials, class... M>
consteval bool has_waiting_checker(reflect::Members<M...>*) {
  return (WaitingChecker<M, Credentials> || ...);
}
template <Made How, class Credentials, class T, std::size_t I, class First, class... M>
consteval auto find_checker(reflect::Members<First, M...>*) {
  if constexpr (checks<How, First, Credentials, T>) {
    return std::pair<std::integral_constant<std::size_t, I>, std::type_identity<First>>();
  } else {
    return find_checker<How, Credentials, T, I + 1>(static_cast<reflect::Members<M...>*>(nullptr));
  }
}

enum class Found { Itself, Member, None, Several, Waiting };

template <class App, class Credentials, class T>
consteval Made made_for() {
  constexpr auto* members = static_cast<reflect::MembersOf<App>*>(nullptr);
  return count_checkers<Made::ForIt, Credentials, T>(members) > 0 ? Made::ForIt : Made::ForMany;
}

template <class App, class Credentials, class T>
consteval Found look_for_checker() {
  if constexpr (PlainChecker<App, Credentials, T> || GenericChecker<App, Credentials, T>) {
    return Found::Itself;
  } else if constexpr (std::is_aggregate_v<App> && !std::is_empty_v<App>) {
    constexpr auto* members = static_cast<reflect::MembersOf<App>*>(nullptr);
    constexpr std::size_t count = count_checkers<made_for<App, Credentials, T>(), Credentials, T>(members);
    if (count == 1) return Found::Member;
    if (count > 1) return Found::Several;
    return has_waiting_checker<Credentials>(members) ? Found::Waiting : Found::None;
  } else {
    return Found::None;
  }
}

template <class T, class Credentials, class C>
Result<T, Denied> ask_checker(const C& checker, const Credentials& credentials) {
  if constexpr (PlainChecker<C, Credentials, T>) {
    return checker.check(credentials);
  } else {
    return checker.template check<T>(credentials);
  }
}

template <class C>
std::string_view realm_of(const C& checker) {
  if constexpr (requires { std::string_view(checker.realm); }) {
    return checker.realm;
  } else {
    return {};
  }
}

/// What the extractors have in common: E holds a `value` of type T.
template <class E, class T, class Source>
struct ExtractChecked {
  using Credentials = typename Source::Credentials;

  static constexpr bool kNeedsState = true;
  static constexpr bool kExplains = true;
  template <class App>
  static constexpr bool fits = look_for_checker<App, Credentials, T>() == Found::Itself ||
                               look_for_checker<App, Credentials, T>() == Found::Member;

  /// Says why it does not fit.
  template <class App>
  static consteval bool explain() {
    constexpr Found found = look_for_checker<App, Credentials, T>();
    static_assert(found != Found::None,
                  "rondeau: the handler takes Bearer<T>, Basic<T> or ApiKey<..., T>, but this router's state has no "
                  "member whose check(const BearerToken&), check(const BasicCredentials&) or check(const ApiKeyText&) "
                  "const returns Result<T, Denied>");
    static_assert(found != Found::Several,
                  "rondeau: several members of this router's state check these credentials; keep one of them, or give "
                  "the others another T");
    static_assert(found != Found::Waiting,
                  "rondeau: this check has to be waited for, which an extractor cannot; put bearer_auth(), "
                  "basic_auth() or api_key_auth() around the route and take Extension<T>");
    return false;
  }

  template <class App>
  static bool extract(extract::Context& context, App& app, E* slot, Rejection& rejection) {
    if constexpr (look_for_checker<App, Credentials, T>() == Found::Itself) {
      return check(app, context.request(), slot, rejection);
    } else {
      using Place = decltype(find_checker<made_for<App, Credentials, T>(), Credentials, T, 0>(
          static_cast<reflect::MembersOf<App>*>(nullptr)));
      using C = typename Place::second_type::type;
      const void* const member = reflect::members_of(std::as_const(app)).at[Place::first_type::value];
      return check(*static_cast<const C*>(member), context.request(), slot, rejection);
    }
  }

  static void describe(schema::Operation& operation) { Source::describe(operation); }

 private:
  template <class C>
  static bool check(const C& checker, http::Request& request, E* slot, Rejection& rejection) {
    http::mark_personal(request);
    Credentials credentials;
    const std::string_view realm = realm_of(checker);
    if (!Source::read(request, realm, credentials, rejection)) return false;
    Result<T, Denied> value = ask_checker<T>(checker, credentials);
    if (!value) return Source::deny(value.error(), realm, rejection);
    std::construct_at(slot, E{{*std::move(value)}});
    return true;
  }
};

}  // namespace rondeau::auth
