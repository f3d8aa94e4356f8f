// What a form would send if it were submitted with this element: read past what a page may have
// put over the form's own properties, and without its passwords.
(el) => {
  const own = (kind, name, of) => Object.getOwnPropertyDescriptor(kind.prototype, name).get.call(of);
  const short = text => (text || '').replace(/\s+/g, ' ').trim().slice(0, 200);
  const textOf = label => {
    const copy = label.cloneNode(true);
    copy.querySelectorAll('input,select,textarea,button').forEach(one => one.remove());
    return copy.textContent;
  };
  const form = el.tagName === 'FORM' ? el : ('form' in el && el.form) || el.closest('form');
  const submits = el => el.tagName === 'BUTTON' ? el.type === 'submit'
    : el.tagName === 'INPUT' && (el.type === 'submit' || el.type === 'image');
  const parts = form ? [...own(HTMLFormElement, 'elements', form)]
    : [...document.querySelectorAll('input,select,textarea')];
  const fields = [];
  for (const part of parts) {
    const kind = (part.type || part.tagName).toLowerCase();
    if (part.disabled || ['fieldset', 'object', 'output'].includes(part.tagName.toLowerCase())) continue;
    if (['submit', 'button', 'reset', 'image'].includes(kind)) {
      if (part !== el || !part.name) continue;
    }
    if ((kind === 'checkbox' || kind === 'radio') && !part.checked) continue;
    if (!form && kind === 'hidden') continue;
    const label = part.labels && part.labels.length ? textOf(part.labels[0])
      : part.getAttribute('aria-label') || part.getAttribute('placeholder') || part.name;
    const value = kind === 'password' ? (part.value ? '••••••' : '')
      : kind === 'file' ? [...part.files].map(one => one.name).join(', ')
      : part.tagName === 'SELECT' ? [...part.selectedOptions].map(one => one.text).join(', ')
      : String(part.value ?? '');
    fields.push({label: short(label), name: part.name || '', kind, value});
  }
  const by = submits(el) ? el : null;
  const method = (by && by.hasAttribute('formmethod') ? by.formMethod
    : form ? own(HTMLFormElement, 'method', form) : 'script').toUpperCase();
  const action = by && by.hasAttribute('formaction') ? by.formAction
    : form ? own(HTMLFormElement, 'action', form) : location.href;
  return {form: !!form, submits: submits(el), method, action: action || location.href,
    page: location.href, fields};
}
