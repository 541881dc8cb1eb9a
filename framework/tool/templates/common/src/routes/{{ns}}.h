{{#if store}}
// /{{name}}: items, listed, created, read, changed and deleted.
#pragma once

#include "app.h"

namespace {{ns}} {

void add_{{ns}}(rondeau::Router<App>& router);

}  // namespace {{ns}}
{{/if}}
