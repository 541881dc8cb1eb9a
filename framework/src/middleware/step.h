// Step: what is being done with a request, for the answer when its time is over.
#pragma once

#include <string_view>

namespace rondeau::middleware {

/// An extension of requests that have a deadline. Layers that wait write their own word, and this one afterwards.
struct Step {
  std::string_view name = "in the handler";  ///< behind "the time was used up"; static text
};

}  // namespace rondeau::middleware
