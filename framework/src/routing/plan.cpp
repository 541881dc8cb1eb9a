#include "routing/plan.h"

#include <algorithm>
#include <iterator>

namespace rondeau::routing {

Links in_order(const Links& links, std::uint32_t without) {
  Links ordered;
  for (unsigned slot = 0; slot <= static_cast<unsigned>(handler::Slot::User); ++slot) {
    if ((without >> slot & 1) != 0) continue;
    std::ranges::copy_if(links, std::back_inserter(ordered),
                         [&](const auto& link) { return static_cast<unsigned>(link.layer->slot) == slot; });
  }
  return ordered;
}

}  // namespace rondeau::routing
