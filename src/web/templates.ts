import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ejs, { type TemplateFunction } from 'ejs'

/** Makes the text of a view from all that it uses. */
type Render = (view: string, locals: object) => string

/**
 * The views in a folder, by their names, rendered by us: they are the same in an app with another engine, or with none. Each is read
 * and compiled once, when it is first wanted, and so is what it includes.
 */
export function createTemplates(folder: string): Render {
  const compiled = new Map<string, TemplateFunction>()

  function templateOf(view: string): TemplateFunction {
    const known = compiled.get(view)
    if (known) return known
    const filename = join(folder, `${view}.ejs`)
    // Without the code that notes for each line of a view that it has come there.
    const text = asciiOutside(readFileSync(filename, 'utf8'))
    const template = ejs.compile(text, { filename, compileDebug: false })
    compiled.set(view, template)
    return template
  }

  return function render(view, locals) {
    // EJS's own would look for the file each time. This one stands before it, as any local does.
    const include = (partial: string, more?: object) => render(partial, { ...locals, ...more })
    return templateOf(view)({ ...locals, include })
  }
}

/** A view whose own words are ASCII, all else in them as character references: a page that is not converted when it is written costs less. */
function asciiOutside(view: string): string {
  return view.replaceAll(/<%.*?%>|[^\0-\x7F]/gsu, (part) =>
    part.startsWith('<%') ? part : `&#${part.codePointAt(0) ?? 0};`,
  )
}
