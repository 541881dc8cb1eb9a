// On what terms the admin listener answers, as the settings say it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rondeau/service/settings.h>

#include "admin/terms.h"
#include "service/flags.h"

namespace rondeau::service {

/// The name of its socket among those that a service hands to its successor.
inline constexpr std::string_view kAdminSocket = "rondeau.admin";

/// Nothing: there is none. What is wrong goes to `mistakes`, a line each.
std::optional<admin::Terms> judge_admin(const AdminSettings& settings, Profile profile,
                                        std::vector<std::string>& mistakes);

}  // namespace rondeau::service
