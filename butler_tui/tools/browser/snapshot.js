// Walks a page once. Returns {title, items, parts, left, secret, captcha, code}: `items` are the
// elements that can be acted on, `parts` the page in its order: text, or the index of an item.
(limits) => {
  const ROLES = {A: 'link', BUTTON: 'button', SELECT: 'combobox', TEXTAREA: 'textbox', SUMMARY: 'button'};
  const INPUTS = {button: 'button', submit: 'button', reset: 'button', image: 'button',
    checkbox: 'checkbox', radio: 'radio', range: 'slider', number: 'spinbutton', search: 'searchbox',
    file: 'file', password: 'password'};
  const ACTIVE = new Set(['button', 'link', 'textbox', 'searchbox', 'checkbox', 'radio', 'combobox',
    'listbox', 'option', 'slider', 'spinbutton', 'switch', 'tab', 'menuitem', 'menuitemcheckbox',
    'menuitemradio', 'treeitem']);
  const SKIP = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'OPTION', 'DATALIST']);
  const BLOCK = /^(ADDRESS|ARTICLE|ASIDE|BLOCKQUOTE|DD|DIV|DL|DT|FIELDSET|FIGURE|FOOTER|FORM|H[1-6]|HEADER|HR|LI|MAIN|NAV|OL|P|PRE|SECTION|TABLE|TR|UL|LABEL|BR|LEGEND)$/;
  const short = (text, most = 160) => {
    const line = (text || '').replace(/\s+/g, ' ').trim();
    return line.length > most ? line.slice(0, most - 1) + '…' : line;
  };
  const roleOf = el => {
    const said = (el.getAttribute('role') || '').trim().split(/\s+/)[0];
    if (said) return ACTIVE.has(said) ? said : '';
    if (el.tagName === 'A') return el.hasAttribute('href') ? 'link' : '';
    if (el.tagName === 'INPUT') return el.type === 'hidden' ? '' : INPUTS[el.type] || 'textbox';
    if (el.isContentEditable && !(el.parentElement && el.parentElement.isContentEditable)) return 'textbox';
    return ROLES[el.tagName] || '';
  };
  const nameOf = (el, role) => {
    const by = (el.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean)
      .map(id => el.getRootNode().getElementById?.(id)?.textContent || '').join(' ');
    const labels = el.labels ? [...el.labels].map(one => {
      const copy = one.cloneNode(true);
      copy.querySelectorAll('input,select,textarea,button').forEach(part => part.remove());
      return copy.textContent;
    }).join(' ') : '';
    const own = role === 'button' && el.tagName === 'INPUT'
      ? (el.value || el.alt || (el.type === 'submit' ? 'Submit' : el.type === 'reset' ? 'Reset' : '')) : '';
    const inner = ['textbox', 'combobox', 'listbox', 'password'].includes(role) && el.tagName !== 'DIV' ? ''
      : el.textContent || el.querySelector('img[alt]')?.alt || '';
    return short(by) || short(el.getAttribute('aria-label')) || short(labels) || short(own)
      || short(inner) || short(el.getAttribute('title')) || short(el.getAttribute('placeholder'))
      || short(el.getAttribute('name'));
  };
  const valueOf = (el, role) => {
    if (role === 'password') return el.value ? '••••••' : '';
    if (role === 'checkbox' || role === 'radio' || role === 'switch')
      return (el.checked ?? el.getAttribute('aria-checked') === 'true') ? 'checked' : '';
    if (el.tagName === 'SELECT') return short([...el.selectedOptions].map(one => one.text).join(', '));
    if (role === 'file') return short([...el.files].map(one => one.name).join(', '));
    if (role === 'button' || role === 'link') return '';
    return short('value' in el && typeof el.value === 'string' ? el.value : '');
  };
  const elements = [], items = [], parts = [];
  let size = 0, left = 0, leftText = 0, line = '';
  const end = () => {
    const text = short(line, 2000);
    line = '';
    if (!text) return;
    if (size + text.length > limits.text) { leftText += text.length; return; }
    size += text.length;
    parts.push(text);
  };
  const walk = (node, mute) => {
    if (node.nodeType === 3) { if (!mute) line += node.data; return; }
    if (node.nodeType !== 1 && node.nodeType !== 11) return;
    if (node.nodeType === 1) {
      if (SKIP.has(node.tagName)) return;
      if (node.checkVisibility && !node.checkVisibility({checkVisibilityCSS: true}) &&
          getComputedStyle(node).display !== 'contents') return;
      const role = roleOf(node);
      if (role) {
        end();
        if (elements.length >= limits.items) left += 1;
        else {
          const item = {role, name: nameOf(node, role), value: valueOf(node, role)};
          if (node.disabled || node.getAttribute('aria-disabled') === 'true') item.state = 'disabled';
          if (node.required) item.state = [item.state, 'required'].filter(Boolean).join(', ');
          if (node.tagName === 'SELECT')
            item.options = [...node.options].slice(0, 20).map(one => short(one.text, 60));
          parts.push(elements.length);
          elements.push(node); items.push(item);
        }
        for (const child of node.children) walk(child, true);
        return;
      }
      const heading = /^H([1-6])$/.exec(node.tagName);
      if (BLOCK.test(node.tagName)) end();
      if (heading) line += '#'.repeat(+heading[1]) + ' ';
      if (node.tagName === 'LI') line += '- ';
      if (node.tagName === 'TD' || node.tagName === 'TH') line += ' | ';
      if (node.tagName === 'IMG' && node.alt && !mute) line += ' [picture: ' + node.alt + '] ';
      if (node.shadowRoot) walk(node.shadowRoot, mute);
      for (const child of node.childNodes) walk(child, mute);
      if (BLOCK.test(node.tagName)) end();
      return;
    }
    for (const child of node.childNodes) walk(child, mute);
  };
  if (document.body) walk(document.body, false);
  end();
  return {elements, title: short(document.title, 300), items, parts, left, leftText};
}
