// The limits of a service, as its settings say them.
#pragma once

#include <string>
#include <vector>

#include <rondeau/http/limits.h>
#include <rondeau/service/settings.h>

namespace rondeau::service {

/// What makes no sense goes to `mistakes`, a line each.
void judge_limits(const LimitSettings& settings, std::vector<std::string>& mistakes);

/// Those of a server that faces the internet, with what the settings change. They have passed judge_limits().
http::Limits limits_of(const ServiceSettings& settings);

}  // namespace rondeau::service
