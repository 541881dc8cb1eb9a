// {{method}} {{pattern}}
#pragma once

#include <string>

#include "app.h"

namespace {{ns}} {

struct {{Part}} {
{{members}}
};

rondeau::Task<rondeau::Result<rondeau::Json<{{Part}}>, rondeau::Problem>> {{part}}({{parameters}});

}  // namespace {{ns}}
