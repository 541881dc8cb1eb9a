// The one place that runs nlohmann's parser.
#pragma once

#include <string_view>

#include <rondeau/json/read.h>

namespace rondeau::json {

class Reader;

/// Feeds all of `text` to `reader`, which records what is wrong.
void run_parser(std::string_view text, Comments comments, Reader& reader);

}  // namespace rondeau::json
