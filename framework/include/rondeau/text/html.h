// HTML: text as it stands between tags, and in values between quotes.
#pragma once

#include <string>
#include <string_view>

namespace rondeau::text {

/// Appends `text` so that a browser reads it back as text: `&`, `<`, `>` and both quotes as references, NUL, which no
/// reference can name, as U+FFFD. Not for scripts, styles, addresses, or values without quotes.
void append_html(std::string& out, std::string_view text);

}  // namespace rondeau::text
