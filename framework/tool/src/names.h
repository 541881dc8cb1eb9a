// Names of services, and what becomes of them in C++.
#pragma once

#include <string>
#include <string_view>

#include "outcome.h"

namespace rondeau::tool {

/// Whether a service can be called so: a DNS label, a unit's name, a namespace, and a target of Meson.
/// Refused with one sentence that says what to type instead, where there is such a thing.
Outcome<void> check_service_name(std::string_view name);

/// Whether a job, a migration or the like can be called so: ^[a-z][a-z0-9_-]{0,62}$, and no keyword.
Outcome<void> check_part_name(std::string_view what, std::string_view name);

/// "my-orders" is the namespace my_orders.
std::string identifier_of(std::string_view name);
/// "my-orders" has the environment variables MY_ORDERS__….
std::string upper_of(std::string_view name);

bool is_keyword(std::string_view word) noexcept;

}  // namespace rondeau::tool
