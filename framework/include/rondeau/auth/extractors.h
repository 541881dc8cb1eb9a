// Bearer<T>, Basic<T>, ApiKey<"x-key", T>: who the caller is, checked before the handler runs.
//
//     struct App { Db db; JwtVerifier tokens; };
//     app.get<"/orders">([](Bearer<Claims> caller, State<App> app) { … caller->sub … });
//
// The state has one member that checks: see auth/checker.h. Nothing sent: 401 with a challenge, or empty as
// std::optional<Bearer<T>>; sent and not taken: 401, 403 or 503 as the check says, also in an optional; malformed or
// twice: 400. Checks that have to wait are layers: auth/require_auth.h.
#pragma once

#include <string_view>

#include <rondeau/auth/checker.h>
#include <rondeau/auth/credentials.h>
#include <rondeau/text/ascii.h>

namespace rondeau::auth {

/// Of a bearer token (RFC 6750).
template <class T>
struct Bearer : extract::Extracted<T> {};

/// Of a user and a password (RFC 7617). A check that hashes passwords takes long: that is for basic_auth().
template <class T = Identity>
struct Basic : extract::Extracted<T> {};

/// Of a key in the field of that name.
template <reflect::FixedString Name, class T = Identity>
struct ApiKey : extract::Extracted<T> {};

}  // namespace rondeau::auth

namespace rondeau {

using auth::ApiKey;
using auth::Basic;
using auth::Bearer;

template <class T>
struct Extract<Bearer<T>> : auth::ExtractChecked<Bearer<T>, T, auth::BearerSource> {};
template <class T>
struct Extract<Basic<T>> : auth::ExtractChecked<Basic<T>, T, auth::BasicSource> {};
template <reflect::FixedString Name, class T>
struct Extract<ApiKey<Name, T>> : auth::ExtractChecked<ApiKey<Name, T>, T, auth::ApiKeySource<Name>> {};

}  // namespace rondeau
