// SignedCookies and PrivateCookies: cookies that a client cannot make, or cannot even read.
//
// The router's state has one member of type KeyRing, or SubState<App, KeyRing> says where it is. A value belongs to the
// name it was set under; under another one it is not taken. It says nothing about time: put an expiry into it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <rondeau/crypto/key_ring.h>
#include <rondeau/extract/cookies.h>
#include <rondeau/extract/state.h>
#include <rondeau/http/personal.h>

namespace rondeau::extract {

/// Cookies everyone can read and only we can make (HMAC-SHA256).
///
///     Response login(SignedCookies cookies) {
///       return Response().add_cookie(cookies.sign({.name = "user", .value = "7"}));
///     }
class SignedCookies {
 public:
  SignedCookies(Cookies cookies, KeyRing keys) noexcept : cookies_(std::move(cookies)), keys_(std::move(keys)) {}

  /// The value that was signed; nothing where the cookie is missing, there twice, or not of our making.
  std::optional<std::string> get(std::string_view name) const;
  /// The cookie with its value signed. The value has to be one that a cookie may have.
  SetCookie sign(SetCookie cookie) const;

 private:
  Cookies cookies_;
  KeyRing keys_;
};

/// Cookies that only we can make and read (AES-256-GCM). Their values may be any bytes, up to about 3,000.
class PrivateCookies {
 public:
  PrivateCookies(Cookies cookies, KeyRing keys) noexcept : cookies_(std::move(cookies)), keys_(std::move(keys)) {}

  /// The value that was sealed; nothing where the cookie is missing, there twice, or not of our making.
  std::optional<std::string> get(std::string_view name) const;
  /// The cookie with its value sealed.
  SetCookie seal(SetCookie cookie) const;

 private:
  Cookies cookies_;
  KeyRing keys_;
};

/// What both have in common; rejects as Cookies does.
template <class T>
struct ExtractSecretCookies {
  static constexpr bool kNeedsState = true;
  template <class App>
  static constexpr bool fits = has_state<App, KeyRing>();
  template <class App>
  static bool extract(Context& context, App& app, T* slot, Rejection& rejection) {
    http::mark_personal(context.request());
    Room<Cookies> cookies;
    if (!Extract<Cookies>::extract(context, &cookies.value, rejection)) return false;
    std::construct_at(slot, std::move(cookies.value), get_state<App, KeyRing>(app));
    std::destroy_at(&cookies.value);
    return true;
  }
  static void describe(schema::Operation& operation) { Extract<Cookies>::describe(operation); }
};

}  // namespace rondeau::extract

namespace rondeau {

using extract::PrivateCookies;
using extract::SignedCookies;

template <>
struct Extract<SignedCookies> : extract::ExtractSecretCookies<SignedCookies> {};
template <>
struct Extract<PrivateCookies> : extract::ExtractSecretCookies<PrivateCookies> {};

}  // namespace rondeau
