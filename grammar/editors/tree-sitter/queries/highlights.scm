; Words

[
  "resource" "lookup" "action" "provider" "policy" "test"
  "let" "input" "output" "assert" "fn" "type" "stack" "component" "env" "forget"
] @keyword

["import" "from"] @keyword.import
["if" "then" "else" "match"] @keyword.conditional
["for" "in" "by"] @keyword.repeat
["where" "known"] @keyword.modifier
"return" @keyword.return

; What is declared

(declaration name: (identifier) @variable)
(let name: (identifier) @constant)
(input name: (identifier) @variable.parameter)
(output name: (identifier) @property)
(function name: (identifier) @function)
(parameter name: (identifier) @variable.parameter)
(each variable: (identifier) @variable.parameter)
(type_declaration name: (type_identifier) @type)
(component name: (type_identifier) @type)
(stack name: (identifier) @module)
(environment name: (identifier) @module)
(decorator "@" @attribute name: (identifier) @attribute)

; What is used

(identifier) @variable
(type_identifier) @type
(type_name) @type
(call function: (identifier) @function.call)
(call function: (member name: (identifier) @function.method.call))
(member name: (identifier) @variable.member)
(continued_member) @variable.member
(entry key: (identifier) @property)
(type_field name: (identifier) @property)
(argument name: (identifier) @variable.parameter)
((identifier) @variable.builtin (#eq? @variable.builtin "env"))

; Literals

(number) @number
(boolean) @boolean
(none) @constant.builtin
(string) @string
(raw_string) @string
(escape) @string.escape
(interpolation "${" @punctuation.special "}" @punctuation.special) @none
(comment) @comment

; Marks

["=" "=>" "??" "||" "&&" "==" "!=" "<" "<=" ">" ">=" "+" "-" "*" "/" ".." "..." "!" "?" "|"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ":" "." "?."] @punctuation.delimiter
