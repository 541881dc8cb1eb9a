// Who gets in at the admin listener: no page of a browser's that is not its own, and for most of it who knows the token.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <rondeau/crypto/secret.h>
#include <rondeau/handler/layer.h>
#include <rondeau/service/settings.h>

namespace rondeau::admin {

/// Refuses what a browser sends for somebody else.
///
/// A name that a stranger lets point to this machine (DNS rebinding) makes his page one of our origin; but then the Host
/// field bears that name. So it has to be an address, localhost, or one of `hosts`: 421. Where a field says that the
/// request comes from another origin's page (Origin, Sec-Fetch-Site), reading or changing, it is a 403. Over a socket of
/// the Unix kind comes no browser.
struct Doorkeeper {
  static constexpr handler::Slot kSlot = handler::Slot::Csrf;

  std::vector<std::string> hosts;

  std::optional<http::Response> before(http::Request& request) const;
};

/// Lets in whom the scope lets in, or who shows the token where there is one.
struct Keyholder {
  static constexpr handler::Slot kSlot = handler::Slot::Auth;

  service::AdminScope scope;
  Secret<std::string> token;

  std::optional<http::Response> before(http::Request& request) const;
};

}  // namespace rondeau::admin
